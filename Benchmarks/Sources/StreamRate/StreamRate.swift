// Streams from peers/stream_server.c, and reports as peers/stream_client.py does: through the transport alone (`events`), or as
// answers of a model on either wire, decoded (`chat`, `anthropic`).
//
//     StreamRate events|chat|anthropic BASE_URL STREAMS COUNT PAUSE SIZE       (PAUSE in microseconds)

import Models
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What one stream has seen: when its last token came, and how long it waited for one at most.
struct Gaps {
  var last: Int64 = 0
  var longest: Int64 = 0

  mutating func heard(at now: Int64) {
    if last > 0 { longest = max(longest, now - last) }
    last = now
  }
}

/// What all streams have seen so far.
final class Tally: Sendable {
  struct Counts {
    var late: [Int64] = []
    var first: [Int64] = []
    var longestGap: Int64 = 0
    var finished = 0
    var errors: [String] = []
  }

  let counts: Mutex<Counts>

  init(expecting tokens: Int) {
    var counts = Counts()
    // So that the tally is no part of what a stream costs.
    counts.late = [Int64](repeating: 0, count: tokens)
    counts.late.removeAll(keepingCapacity: true)
    self.counts = Mutex(counts)
  }

  func heard(_ stamps: [Int64], _ gaps: inout Gaps) {
    let now = HTTPTransport.systemTime() / 1000
    let isFirst = gaps.last == 0
    gaps.heard(at: now)
    counts.withLock { counts in
      for (index, stamp) in stamps.enumerated() {
        counts.late.append(now - stamp)
        if isFirst, index == 0 { counts.first.append(now - stamp) }
      }
    }
  }
}

/// One client, and what it asks for.
struct Client: Sendable {
  let kind: String
  let base: String
  let headers: [String: String]
  let transport = HTTPTransport()

  func stream(_ tally: Tally) async {
    let gaps = Mutex(Gaps())
    do {
      switch kind {
      case "events": try await events { stamps in gaps.withLock { tally.heard(stamps, &$0) } }
      default: try await answer { stamps in gaps.withLock { tally.heard(stamps, &$0) } }
      }
      tally.counts.withLock { $0.finished += 1 }
    } catch { tally.counts.withLock { $0.errors.append("\(error)") } }
    let longest = gaps.withLock { $0.longest }
    tally.counts.withLock { $0.longestGap = max($0.longestGap, longest) }
  }

  private func events(_ heard: ([Int64]) -> Void) async throws {
    var request = HTTPRequest(url: base + "/events")
    for (name, value) in headers { request.headers[name] = value }
    for try await chunk in try await transport.send(request).body {
      let stamps = Stamps.all(in: chunk)
      if !stamps.isEmpty { heard(stamps) }
    }
  }

  private func answer(_ heard: @escaping @Sendable ([Int64]) -> Void) async throws {
    let format: WireFormat = kind == "chat" ? .chat : .anthropic
    let provider = ModelProvider(
      name: "local", format: format, baseURL: base + "/v1", isKeyOptional: true, extraHeaders: headers)
    _ = try await ModelClient(transport: transport).ask(
      ModelRequest(model: "m", messages: [.user("x")]), of: provider, key: nil,
      onEvents: { events in
        var stamps: [Int64] = []
        for case .text(let text) in events { stamps += Stamps.all(in: Array(text.utf8)) }
        if !stamps.isEmpty { heard(stamps) }
      })
  }
}

/// The times at which tokens were sent, as the server writes them into each: long numbers with a space behind.
enum Stamps {
  static func all(in chunk: [UInt8]) -> [Int64] {
    var stamps: [Int64] = [], value: Int64 = -1
    for byte in chunk {
      if (0x30...0x39).contains(byte) {
        value = max(value, 0) * 10 + Int64(byte - 0x30)
      } else {
        if value >= 100_000, byte == 0x20 { stamps.append(value) }
        value = -1
      }
    }
    return stamps
  }
}

@main struct StreamRate {
  static func main() async {
    let words = CommandLine.arguments
    guard words.count == 7, ["events", "chat", "anthropic"].contains(words[1]), let streams = Int(words[3]),
      let count = Int(words[4]), let pause = Int64(words[5])
    else {
      print("usage: StreamRate events|chat|anthropic BASE_URL STREAMS COUNT PAUSE SIZE")
      exit(2)
    }
    let headers = ["x-count": words[4], "x-pause": words[5], "x-size": words[6]]
    let client = Client(kind: words[1], base: words[2], headers: headers)
    // The library is loaded and the thread started.
    await Client(kind: client.kind, base: client.base, headers: ["x-count": "3"]).stream(Tally(expecting: 3))
    let tally = Tally(expecting: streams * count)
    let memory = residentKilobytes(), cpu = processorSeconds(), start = HTTPTransport.systemTime()
    let watch = Task {
      var peak = residentKilobytes()
      while !Task.isCancelled {
        peak = max(peak, residentKilobytes())
        try? await Task.sleep(for: .milliseconds(50))
      }
      return peak
    }
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<streams { group.addTask { await client.stream(tally) } }
    }
    let seconds = Double(HTTPTransport.systemTime() - start) / 1e9, used = processorSeconds() - cpu
    watch.cancel()
    let perStream = Double(await watch.value - memory) / Double(streams)
    let counts = tally.counts.withLock { $0 }
    print(
      """
      {"client": "agentscript \(client.kind)", "streams": \(streams), "finished": \(counts.finished), \
      "errors": \(counts.errors.count), "tokens": \(counts.late.count), "seconds": \(round3(seconds)), \
      "cpu_seconds": \(round3(used)), "kb_per_stream": \(round3(perStream)), \
      "late_us_p50": \(part(counts.late, 0.5)), "late_us_p99": \(part(counts.late, 0.99)), \
      "first_us_p50": \(part(counts.first, 0.5)), "first_us_p99": \(part(counts.first, 0.99)), \
      "longest_gap_us": \(counts.longestGap - pause)}
      """)
    if let first = counts.errors.first { print("the first error: \(first)") }
  }

  static func part(_ values: [Int64], _ share: Double) -> Int64 {
    values.isEmpty ? 0 : values.sorted()[min(values.count - 1, Int(Double(values.count) * share))]
  }

  static func round3(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

  static func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  static func residentKilobytes() -> Int {
    guard let file = fopen("/proc/self/statm", "re") else { return 0 }
    defer { fclose(file) }
    var pages = [0, 0]
    for index in 0..<2 {
      var digit = fgetc(file)
      while digit >= 0x30 {
        pages[index] = pages[index] * 10 + Int(digit - 0x30)
        digit = fgetc(file)
      }
    }
    return pages[1] * Int(sysconf(Int32(_SC_PAGESIZE))) / 1024
  }
}
