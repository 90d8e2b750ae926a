import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The environment that commands get: that of this process, a job's own changes, and what marks the job.
struct JobEnvironment: Sendable {
  /// The variables by which a command knows its job, and by which its processes are found again.
  enum Mark {
    static let job = "AGENTSCRIPT_JOB_ID"
    static let run = "AGENTSCRIPT_RUN_ID"
    static let attempt = "AGENTSCRIPT_ATTEMPT"
    /// `1`, or `2` for the second copy of a slow command.
    static let copy = "AGENTSCRIPT_COPY"
    /// `work` or `gate`.
    static let part = "AGENTSCRIPT_PART"
    /// The number of the pool's slot, from 1.
    static let slot = "AGENTSCRIPT_SLOT"
    /// Of the runner of a detached job, and of nothing that it runs.
    static let detached = "AGENTSCRIPT_DETACHED"
  }

  /// The entry of an environment that holds a mark.
  static func mark(_ name: String, _ value: String) -> [UInt8] { Array("\(name)=\(value)".utf8) }

  /// The entries by which the processes of an execution are known.
  static func marks(of order: CommandOrder) -> [[UInt8]] {
    // All of them: attempts, copies and gates of one job run beside each other, and each ends its own processes.
    [
      mark(Mark.job, order.job.rawValue), mark(Mark.run, order.run.rawValue), mark(Mark.attempt, "\(order.attempt)"),
      mark(Mark.copy, "\(order.part.copy.rawValue)"), mark(Mark.part, order.part.word),
    ]
  }

  private struct Variable: Sendable {
    let name: [UInt8]
    /// `NAME=VALUE` and a zero byte.
    let entry: [UInt8]
  }

  private let inherited: [Variable]

  /// What this process's environment is now. Later changes of it do not count.
  ///
  /// Entries that no program can have asked for are left out: without a name, or with one that begins with a digit, which
  /// the spawning library refuses.
  init() {
    var texts: [[UInt8]] = []
    var next = environ
    while let text = next.pointee {
      next += 1
      texts.append(Array(UnsafeBufferPointer(start: text, count: strlen(text))).map(UInt8.init(bitPattern:)))
    }
    inherited = texts.compactMap(JobEnvironment.variable)
  }

  /// An environment of these entries, `NAME=VALUE`.
  init(entries: [String]) { inherited = entries.compactMap { JobEnvironment.variable(Array($0.utf8)) } }

  /// The variables by name; of doubled ones the last.
  var variables: [String: String] {
    var values: [String: String] = [:]
    for variable in inherited {
      let value = variable.entry.dropFirst(variable.name.count + 1).dropLast()
      values[String(decoding: variable.name, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
    }
    return values
  }

  private static func variable(_ text: [UInt8]) -> Variable? {
    guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else { return nil }
    let name = Array(text[..<equals])
    return isLegal(name) ? Variable(name: name, entry: text + [0]) : nil
  }

  /// All entries for one part of an attempt of a job. A nil value takes a variable away.
  func entries(
    changes: [String: String?], job: String, run: String, attempt: Int,
    part: AttemptControl.Part = AttemptControl.Part(), slot: Int? = nil
  ) -> [[UInt8]] {
    var own: [String: String?] = changes
    own[Mark.job] = job
    own[Mark.run] = run
    own[Mark.attempt] = String(attempt)
    own[Mark.copy] = String(part.copy.rawValue)
    own[Mark.part] = part.word
    own[Mark.slot] = slot.map(String.init)
    own[Mark.detached] = .some(nil)
    return entries(own)
  }

  /// All entries for a runner of a detached job: it belongs to no job, whoever starts it.
  func entriesOfRunner() -> [[UInt8]] {
    entries([
      Mark.job: nil, Mark.run: nil, Mark.attempt: nil, Mark.copy: nil, Mark.part: nil, Mark.slot: nil,
      Mark.detached: "1",
    ])
  }

  /// All entries for a program that we use ourselves. It is ended with its `run`, if that is given; else it goes on when this
  /// program is killed.
  func entriesOfTool(changes: [String: String?], run: RunID?) -> [[UInt8]] {
    var own = changes
    for name in [Mark.job, Mark.attempt] { own[name] = .some(nil) }
    own[Mark.run] = .some(run?.rawValue)
    own[Mark.detached] = .some(run == nil ? "1" : nil)
    return entries(own)
  }

  private func entries(_ own: [String: String?]) -> [[UInt8]] {
    let names = Set(own.keys.map { Array($0.utf8) })
    var entries = inherited.filter { !names.contains($0.name) }.map(\.entry)
    for (name, value) in own { if let value { entries.append(Array("\(name)=\(value)\0".utf8)) } }
    return entries
  }

  /// What is wrong with a job's changes, in one sentence; nil if nothing is.
  static func fault(in changes: [String: String?]) -> String? {
    for name in changes.keys.sorted() where !isLegal(Array(name.utf8)) {
      return "'\(Escaping.line(name))' is no name for an environment variable"
    }
    for (name, value) in changes where value?.utf8.contains(0) == true {
      return "the value of the environment variable '\(name)' holds a zero byte"
    }
    return nil
  }

  /// The value of `PATH` among finished entries.
  static func searchPath(in entries: [[UInt8]]) -> [UInt8]? {
    let prefix = Array("PATH=".utf8)
    return entries.last { $0.starts(with: prefix) }.map { Array($0.dropFirst(prefix.count).dropLast()) }
  }

  private static func isLegal(_ name: [UInt8]) -> Bool {
    guard let first = name.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
    return !name.contains(UInt8(ascii: "=")) && !name.contains(0)
  }
}
