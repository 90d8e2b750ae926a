import WireText

/// What the processes of one user tell each other about a gate.
///
/// It lies in a file (`GateFile`) that each of them reads and writes under a lock. Times are those of a clock that all processes
/// of the machine share. A member that is not heard of for fifteen seconds is gone; what it had promised (the probe) is void then.
public struct SharedGate: Hashable, Sendable {
  /// Who tries whether the provider answers again.
  struct Probe: Hashable, Sendable {
    var member: UInt64
    var until: Duration
  }

  /// When the gate opens by half; nil once the provider has answered since.
  var shutUntil: Duration?
  var reason = GateWait.Reason.rateLimited
  var strikes = 0
  /// Grows with each change that the others should hear of.
  var news: UInt64 = 0
  var probe: Probe?
  /// When each member was last heard of.
  var members: [UInt64: Duration] = [:]

  static let silence = Duration.seconds(15)

  /// An open gate without members.
  public init() {}
}

extension SharedGate {
  /// The text of the file. What is not this format, or another version of it, counts as an open gate: the file holds nothing that
  /// the next refusal would not tell again.
  public init(bytes: [UInt8]) {
    guard let value = try? JSONReader.read(bytes), value["version"] == 1 else { return }
    shutUntil = SharedGate.time(value["shut_until"])
    reason = value["reason"]?.string.flatMap(GateWait.Reason.init) ?? .rateLimited
    strikes = Int(min(max(value["strikes"]?.integer ?? 0, 0), 64))
    news = UInt64(max(value["news"]?.integer ?? 0, 0))
    if let member = value["probe"]?["member"]?.integer, let until = SharedGate.time(value["probe"]?["until"]) {
      probe = Probe(member: UInt64(bitPattern: member), until: until)
    }
    for member in value["members"]?.array ?? [] {
      guard let id = member["id"]?.integer, let seen = SharedGate.time(member["seen"]) else { continue }
      members[UInt64(bitPattern: id)] = seen
    }
  }

  private static func time(_ value: JSONValue?) -> Duration? {
    value?.integer.flatMap { $0 >= 0 ? .nanoseconds($0) : nil }
  }

  /// The text for the file.
  public var bytes: [UInt8] {
    var json = JSONWriter()
    func time(_ duration: Duration) -> Int {
      let (seconds, attoseconds) = duration.components
      return Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    }
    json.object { json in
      json.field("version", 1)
      if let shutUntil { json.field("shut_until", time(shutUntil)) }
      json.field("reason", reason.rawValue)
      json.field("strikes", strikes)
      json.field("news", Int(clamping: news))
      if let probe {
        json.key("probe")
        json.object { json in
          json.field("member", Int(truncatingIfNeeded: probe.member))
          json.field("until", time(probe.until))
        }
      }
      json.key("members")
      json.array { json in
        for (member, seen) in members.sorted(by: { $0.key < $1.key }) {
          json.object { json in
            json.field("id", Int(truncatingIfNeeded: member))
            json.field("seen", time(seen))
          }
        }
      }
    }
    return json.bytes
  }
}
