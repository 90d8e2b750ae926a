internal import Jobs
internal import LuaBindings

/// A question that a task of the script waits for.
struct AskedQuestion {
  let decision: DecisionRecord
  /// What the script calls the options; those of the decision hold no secrets.
  let options: [String]
  let defaultAnswer: String?
  /// Whether the run waits for the answer when nothing else goes on.
  let isBlocking: Bool
  /// Whether the run ends with 3 rather than wait for the answer.
  let parks: Bool
  /// People were told where to answer.
  var isTold = false
}

/// The open questions of a run, by the number under which their askers wait.
struct OpenQuestions {
  var asked: [UInt64: AskedQuestion] = [:]
  var watch: DecisionWatch?
}

// ask: a decision for a person.
extension ScriptHost {
  func defineQuestions() throws(LuaError) {
    try publish("ask") { host, call throws(HostFailure) in try host.ask(call) }
  }

  /// `ask{question, options, default, timeout, blocking} -> answer, how`
  private func ask(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    let request = try AskRequest(call[0])
    try call.mustWait()
    _ = try session.open()
    let registry = try session.openRegistry(), redaction = secrets.redaction
    var decision = DecisionRecord(run: session.id, question: redaction.text(request.question))
    decision.options = request.options.map { redaction.text($0) }
    decision.defaultAnswer = request.defaultAnswer.map { redaction.text($0) }
    decision.blocking = request.blocking.map { redaction.text($0) }
    decision.job = parentJob(of: call.task)
    let place = lua.currentPlace()
    decision.origin = place.isEmpty ? nil : redaction.text(place)
    if let timeout = request.timeout {
      decision.dueAt = Timestamp(milliseconds: Timestamp.now().milliseconds + Int64(timeout / .milliseconds(1)))
    }
    do throws(RegistryError) { try registry.ask(decision) } catch { throw .misuse("ask: \(error.description)") }
    let (number, wait) = expectAnswer()
    questions.asked[number] = AskedQuestion(
      decision: decision, options: request.options, defaultAnswer: request.defaultAnswer,
      isBlocking: request.isBlocking, parks: request.parks)
    let watch = questions.watch ?? DecisionWatch(registry, gate: gate)
    questions.watch = watch
    watch.add(decision, due: request.timeout.map { .now.advanced(by: $0) }, number: number)
    presentation.noted(.asked(decision))
    events.tell("asked", eventTable(decision), self)
    presentation.questions?.open(decision) { [decision] text in AnswerVerdict.of(text, to: decision, in: registry) }
    return .wait(wait, until: nil)
  }

  /// A question was settled: what its asker gets.
  func decided(_ number: UInt64, _ record: DecisionRecord) -> [LuaValue] {
    guard let asked = questions.asked.removeValue(forKey: number) else { return [.nil, "withdrawn"] }
    presentation.questions?.close(record)
    presentation.noted(.settled(record))
    events.tell("answered", eventTable(record), self)
    guard let answer = record.answer else { return [.nil, text(record.answeredBy ?? "withdrawn")] }
    var meant = answer
    if record.status == .default, let given = asked.defaultAnswer {
      meant = given
    } else if let index = asked.decision.options.firstIndex(of: answer) {
      meant = asked.options[index]
    }
    return [.text(meant), .text(record.status.rawValue), text(record.answeredBy)]
  }

  private func eventTable(_ decision: DecisionRecord) -> LuaTable {
    LuaTable(fields: [
      ("id", .text(decision.id.rawValue)), ("question", .text(decision.question)),
      ("options", .table(LuaTable(array: decision.options.map { .text($0) }))),
      ("status", .text(decision.status.rawValue)), ("answer", text(decision.answer)),
      ("by", text(decision.answeredBy)),
    ])
  }

  /// The wait under this number is over without an answer: nobody needs one any more.
  func abandonQuestion(_ number: UInt64) {
    guard let asked = questions.asked.removeValue(forKey: number) else { return }
    let id = asked.decision.id
    questions.watch?.remove(id)
    presentation.questions?.close(asked.decision)
    if let registry = try? session.openRegistry() { registry.withdraw([id]) }
  }

  // MARK: When nothing else goes on

  /// Called before the script rests. If nothing goes on but waits for people, they are told where to answer; or the run
  /// does not wait.
  func attendQuestions() {
    guard !questions.asked.isEmpty, termination == nil, isWaitingForPeopleOnly else { return }
    let open = questions.asked.sorted { $0.key < $1.key }
    if presentation.questions == nil {
      let optional = open.filter { !$0.value.isBlocking }
      for (_, asked) in optional { questions.watch?.giveUp(asked.decision.id, because: "unanswered") }
      if !optional.isEmpty { return }
    }
    if options.parks || open.contains(where: \.value.parks) { return park() }
    guard presentation.questions == nil else { return }
    for (number, asked) in open where !asked.isTold {
      questions.asked[number]?.isTold = true
      presentation.say("agentscript: the run waits for an answer: \(asked.decision.shown)")
    }
  }

  private func park() {
    let parked: [DecisionRecord]
    do throws(HostFailure) {
      let registry = try session.openRegistry()
      do throws(RegistryError) { parked = try registry.park(run: session.id) } catch {
        throw .misuse(error.description)
      }
    } catch { return presentation.say("agentscript: the run cannot be parked, and waits") }
    // Answered meanwhile, and not heard of yet: the run goes on.
    if parked.isEmpty { return }
    for decision in parked { presentation.say("agentscript: parked, waiting for an answer: \(decision.shown)") }
    termination = (
      "parked; the answer is kept for resuming the run, which this version of agentscript cannot do yet", 3
    )
    Guardian.beginGrace()
    cancelAll(.asked(by: "agentscript", reason: "the run was parked"))
  }

  /// An allowance of a provider comes back later, and the configuration says that nobody is to wait for it here.
  func parkForQuota(_ sentence: String) {
    guard termination == nil else { return }
    presentation.say("agentscript: parked, waiting for a quota: \(sentence)")
    termination = ("parked until the quota comes back; what has ended is kept", 3)
    Guardian.beginGrace()
    cancelAll(.asked(by: "agentscript", reason: "the run was parked"))
  }

  /// True while no job works, no timer runs and no code can go on, but for what waits for answers of people.
  private var isWaitingForPeopleOnly: Bool {
    // A job works unless it waits for others, or code of the script works for it: that is looked at below.
    let inScript = Set(book.tickets.values.compactMap(\.job))
    for id in book.owners.keys where !inScript.contains(id) {
      guard book.records[id]?.status == .pending else { return false }
    }
    return tasks.values.allSatisfy { task in
      if task.ending != nil { return true }
      if timers.contains(.wait(task.id)) { return false }
      switch task.wait {
      case nil: return false
      case .jobs(let wait): return wait.open.allSatisfy { book.owners[$0] != nil }
      case .answer(let number): return questions.asked[number] != nil
      case .time, .group, .groupEnd, .child: return true
      }
    }
  }
}

extension DecisionRecord {
  /// The question with its options, and how to answer it.
  var shown: String {
    let known = options.enumerated().map { "\($0 + 1) \($1)" }.joined(separator: ", ")
    return "\(question)\(known.isEmpty ? "" : " (\(known))"); answer with: agentscript answer \(id) TEXT"
  }
}

/// What `ask` was given.
struct AskRequest {
  var question: String
  var options: [String] = []
  var defaultAnswer: String?
  var timeout: Duration?
  var blocking: [String] = []
  var isBlocking = true
  var parks = false

  init(_ value: LuaValue) throws(HostFailure) {
    var table = LuaTable()
    switch value {
    case .string: table["question"] = value
    case .table(let given): table = given
    default: throw .misuse("ask: the argument must be a table or a question, not \(OptionReader.show(value))")
    }
    var reader = try OptionReader(table, subject: "ask")
    let given = try reader.text("question")
    question = given ?? ""
    options = try reader.texts("options", "choices") ?? []
    defaultAnswer = try reader.text("default")
    timeout = try reader.duration("timeout")
    parks = try reader.flag("park") ?? false
    if let (name, value) = try reader.take("blocking") { try readBlocking(name, value, reader) }
    try reader.finish()
    if given?.contains(where: { !$0.isWhitespace }) != true { throw .misuse("ask: there is no question") }
    if let empty = options.firstIndex(where: { !$0.contains { !$0.isWhitespace } }) {
      throw .misuse("ask: option \(empty + 1) is empty")
    }
    if let double = options.indices.first(where: { options[..<$0].contains(options[$0]) }) {
      throw .misuse("ask: the option \"\(options[double])\" is given twice")
    }
    if let answer = defaultAnswer, !options.isEmpty, !options.contains(answer) {
      throw reader.failure("default", .text(answer), "one of the options")
    }
  }

  private mutating func readBlocking(
    _ name: String, _ value: LuaValue, _ reader: OptionReader
  ) throws(HostFailure) {
    switch value {
    case .boolean(let flag): isBlocking = flag
    case .table(let list) where list.pairs.isEmpty:
      for element in list.array {
        guard case .string = element, let id = element.exactText else {
          throw reader.failure(name, element, "a list of ids")
        }
        blocking.append(id)
      }
    default: throw reader.failure(name, value, "true, false or a list of ids")
    }
  }
}
