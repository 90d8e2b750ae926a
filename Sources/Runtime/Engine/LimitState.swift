/// What the limits of an execution have to say to what it takes, as a pure state machine.
///
/// Invariants: each limit warns once, at four fifths, and is exceeded once; after that nothing more is said. An execution is
/// idle from its last sign of life on: a longer output, another use of CPU time, a byte read or written by a process of its.
struct LimitState: Sendable, Hashable {
  /// What is to be done.
  enum Finding: Sendable, Hashable {
    /// Tell: four fifths are used up.
    case warning(String)
    /// End the execution.
    case exceeded(StopCause)
  }

  private enum Kind: Hashable { case memory, cpu, output, idle, time }

  private static let warningShare = 0.8

  let limits: JobLimits
  /// The limit of time, which somebody else enforces: here it is warned of.
  let timeLimit: Duration?
  private var warned: Set<Kind> = []
  private var isOver = false
  private var last = UsageSample()
  private var lastLife = Duration.zero

  /// An execution that has just begun.
  init(limits: JobLimits, timeLimit: Duration?) {
    self.limits = limits
    self.timeLimit = timeLimit
  }

  /// Takes in what the execution has taken `age` after its beginning.
  mutating func look(at sample: UsageSample, age: Duration) -> [Finding] {
    guard !isOver else { return [] }
    var sample = sample
    // Where nobody looked this time, the last look holds.
    sample.cpu = sample.cpu ?? last.cpu
    sample.transferred = sample.transferred ?? last.transferred
    if sample.output != last.output || sample.cpu != last.cpu || sample.transferred != last.transferred {
      lastLife = age
      warned.remove(.idle)
    }
    last = sample
    var findings: [Finding] = []
    check(.output, sample.output, limits.output, of: "output", ByteCount.text, .output(limits.output ?? 0), &findings)
    if let memory = sample.memory {
      check(.memory, memory, limits.memory, of: "memory", ByteCount.text, .memory(limits.memory ?? 0), &findings)
    }
    if let cpu = sample.cpu { check(.cpu, cpu, limits.cpu, of: "CPU time", .cpu(limits.cpu ?? .zero), &findings) }
    check(.idle, age - lastLife, limits.idle, of: "time without a sign of life", .idle(limits.idle ?? .zero), &findings)
    // The limit of time ends it by its own timer.
    if let timeLimit, age < timeLimit { check(.time, age, timeLimit, of: "time", .timeLimit, &findings) }
    return findings
  }

  private mutating func check(
    _ kind: Kind, _ used: Int, _ limit: Int?, of what: String, _ show: (Int) -> String, _ cause: StopCause,
    _ findings: inout [Finding]
  ) {
    guard let limit, !isOver else { return }
    judge(kind, share: limit == 0 ? 2 : Double(used) / Double(limit), what, show(limit), cause, &findings, used > limit)
  }

  private mutating func check(
    _ kind: Kind, _ used: Duration, _ limit: Duration?, of what: String, _ cause: StopCause,
    _ findings: inout [Finding]
  ) {
    guard let limit, !isOver else { return }
    judge(kind, share: used / limit, what, JobSentences.text(limit), cause, &findings, used >= limit)
  }

  private mutating func judge(
    _ kind: Kind, share: Double, _ what: String, _ limit: String, _ cause: StopCause, _ findings: inout [Finding],
    _ isExceeded: Bool
  ) {
    if isExceeded {
      isOver = true
      findings = [.exceeded(cause)]
    } else if share >= LimitState.warningShare, warned.insert(kind).inserted {
      findings.append(.warning("\(Int(share * 100)) % of the limit of \(limit) of \(what) is used up"))
    }
  }
}
