internal import Jobs
internal import LuaBindings

// retries and what belongs to them, gate, hedge, simplify, escalate.
extension SpecReader {
  /// How often is tried again where only `escalate` is given: it is asked after the third failure.
  private static let retriesBeforeEscalation = 2

  /// `hasWork`: the spec says what is to be done; else that is the mistake to tell of.
  static func readAttempts(
    _ options: inout OptionReader, _ request: inout TaskRequest, hasWork: Bool
  ) throws(HostFailure) {
    let retries = try options.count("retries", in: 0...1000)
    request.saysRetries = retries != nil
    request.spec.retries = retries ?? 0
    request.spec.retryDelay = try options.duration("retry_delay") ?? .zero
    request.spec.retryBackoff = try readBackoff(&options)
    request.spec.retryMaxDelay = try options.duration("retry_max_delay")
    request.spec.retryOn = try readRetryOn(&options)
    try readGate(&options, &request.spec, &request.functions)
    try readHedge(&options, &request.spec, hasWork: hasWork)
    try readSimplify(&options, &request.spec, &request.functions, hasWork: hasWork)
    if let (target, function) = try readEscalate(&options) {
      request.spec.escalation = target
      request.functions.escalate = function
      if retries == nil { request.spec.retries = retriesBeforeEscalation }
    }
  }

  private static func readBackoff(_ options: inout OptionReader) throws(HostFailure) -> Double {
    guard let (name, value) = try options.take("retry_backoff") else { return 1 }
    guard let factor = value.double, factor >= 1, factor <= 1000 else {
      throw options.failure(name, value, "a number from 1 to 1000")
    }
    return factor
  }

  private static func readRetryOn(_ options: inout OptionReader) throws(HostFailure) -> Set<RetryCondition>? {
    guard let (name, value) = try options.take("retry_on") else { return nil }
    guard case .table(let table) = value, table.pairs.isEmpty else {
      throw options.failure(name, value, "a list of reasons and exit codes")
    }
    var conditions: Set<RetryCondition> = []
    let words = RetryCondition.reasons.map(\.rawValue)
    for element in table.array {
      if case .integer(let code) = element {
        guard (1...255).contains(code) else {
          throw .misuse("\(options.subject): retry_on: an exit code is a number from 1 to 255, not \(code)")
        }
        conditions.insert(.exitCode(Int(code)))
        continue
      }
      guard case .string = element, let word = element.text else {
        throw options.failure(name, element, "a list of reasons and exit codes")
      }
      guard let reason = RetryCondition.reasons.first(where: { $0.rawValue == word }) else {
        let guess = NearMiss.best(for: word, among: words).map { "; did you mean '\($0)'?" }
        throw .misuse(
          "\(options.subject): retry_on: \(OptionReader.show(element)) is no reason that an attempt fails with"
            + (guess ?? "; known are \(words.joined(separator: ", ")), and exit codes"))
      }
      conditions.insert(.reason(reason))
    }
    return conditions
  }

  private static func readGate(
    _ options: inout OptionReader, _ spec: inout TaskSpec, _ functions: inout TaskFunctions
  ) throws(HostFailure) {
    let timeLimit = try options.duration("gate_timeout")
    guard let (name, value) = try options.take("gate") else {
      if timeLimit != nil { throw .misuse("\(options.subject): gate_timeout without a gate") }
      return
    }
    let check: Gate.Check
    switch value {
    case .function(let reference):
      functions.gate = reference
      check = .function
    case .string, .table:
      switch try readCommand(value, options, name: "gate") {
      case .shell(let line): check = .command(.shell(line))
      case .arguments(let words): check = .command(.arguments(words))
      case .function, .prompt: preconditionFailure("readCommand read something else than a command")
      }
    default: throw options.failure(name, value, "a command (a string or a list of words) or a function")
    }
    spec.gate = Gate(check: check, timeLimit: timeLimit ?? spec.timeout ?? Gate.usualTimeLimit)
  }

  private static func readHedge(
    _ options: inout OptionReader, _ spec: inout TaskSpec, hasWork: Bool
  ) throws(HostFailure) {
    spec.hedge = try options.duration("hedge")
    guard spec.hedge != nil, hasWork else { return }
    switch spec.work {
    case .shell, .arguments: break
    case .function:
      throw .misuse(
        "\(options.subject): hedge belongs to tasks with a command: a second call of the same function would run on the "
          + "same thread, and share its variables with the first")
    case .prompt: throw .misuse("\(options.subject): hedge belongs to tasks with a command")
    }
  }

  private static func readSimplify(
    _ options: inout OptionReader, _ spec: inout TaskSpec, _ functions: inout TaskFunctions, hasWork: Bool
  ) throws(HostFailure) {
    guard let (name, value) = try options.take("simplify") else { return }
    switch value {
    case .function(let reference):
      functions.simplify = reference
      spec.simplify = .function
    case .string:
      guard let text = value.exactText, !text.isEmpty else {
        throw options.failure(name, value, "a prompt that is not empty")
      }
      spec.simplify = .text(text)
    default: throw options.failure(name, value, "a prompt, or a function (prompt, attempt, error) that returns one")
    }
    if case .prompt = spec.work { return }
    guard hasWork else { return }
    throw .misuse(
      "\(options.subject): simplify belongs to tasks with a prompt; for simpler work of another kind there is "
        + "patterns.persist(spec, { simpler = ... })")
  }

  /// A function, or "ask".
  static func readEscalate(
    _ options: inout OptionReader
  ) throws(HostFailure) -> (EscalationTarget, LuaReference?)? {
    guard let (name, value) = try options.take("escalate") else { return nil }
    if case .function(let reference) = value { return (.function, reference) }
    guard value == "ask" else {
      throw options.failure(name, value, "a function (result, history), or \"ask\" to ask a person")
    }
    return (.person, nil)
  }

  /// A group's `escalate` is that of its tasks that have none.
  static func readEscalate(_ options: inout OptionReader, ofGroup tasks: inout [TaskRequest]) throws(HostFailure) {
    guard let (target, function) = try readEscalate(&options) else { return }
    for index in tasks.indices where tasks[index].spec.escalation == nil {
      tasks[index].spec.escalation = target
      tasks[index].functions.escalate = function
      if !tasks[index].saysRetries { tasks[index].spec.retries = retriesBeforeEscalation }
    }
  }

  /// What an `escalate` returned to be done instead.
  static func readReplacement(
    _ table: LuaTable, subject: String
  ) throws(HostFailure) -> (Escalation.Replacement, LuaReference?) {
    var options = try OptionReader(table, subject: subject)
    let work = try readWork(&options)
    var place = TaskSpec(work: .function)
    try readPlace(&options, &place)
    let timeout = try options.duration("timeout")
    let agent = try options.text("agent", "subagent_type")
    try options.finish()
    guard let work else { throw .misuse("\(subject): nothing to run; give it a command, a prompt or an fn") }
    var replacement = Escalation.Replacement(work: work.work)
    replacement.cwd = place.cwd
    replacement.environment = place.environment.isEmpty ? nil : place.environment
    replacement.stdin = place.stdin == .none ? nil : place.stdin
    replacement.timeout = timeout
    replacement.agent = agent
    return (replacement, work.function)
  }
}
