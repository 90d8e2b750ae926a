internal import Jobs
internal import LuaBindings

// What the script is asked about the attempts of its jobs: gates, simpler prompts, and what becomes of failures.
extension ScriptHost {
  /// Asks a person; called with what a script's own `escalate` gets.
  private static let personalEscalation = Array("return require 'agentscript.escalation'(...)".utf8)

  /// The functions of a job that the script has just started.
  func bind(_ hooks: TaskHooks, to job: JobID) {
    // A job that is over already is asked about no more.
    if !book.isLive(job), book.earlyHooks[job] == nil { return }
    book.hooks[job] = hooks
    for (record, call, ticket) in book.earlyHooks.removeValue(forKey: job) ?? [] { startHook(of: record, call, ticket) }
  }

  /// Calls one of them as a coroutine of this script, which is part of the job.
  func startHook(of record: JobRecord, _ call: FunctionCall, _ ticket: FunctionTicket) {
    guard let hooks = book.hooks[record.id] else {
      book.earlyHooks[record.id, default: []].append((record, call, ticket))
      return
    }
    let task: ScriptTask
    do throws(LuaError) {
      guard let (function, name, arguments) = try function(for: call, record, hooks) else {
        return ticket.end(.raised(message: "the script has no function for that", traceback: ""))
      }
      task = try makeTask(
        function, arguments, name: "\(name) of \(record.name ?? record.id.rawValue)", place: record.origin ?? "",
        owner: book.owners[record.id] ?? root)
    } catch {
      return ticket.end(.raised(message: error.message, traceback: ""))
    }
    task.job = record.id
    task.isObserved = true
    book.tickets[ticket] = task
    task.onEnd = { [unowned self] task in
      book.tickets[ticket] = nil
      ticket.end(answer(of: task, to: call, record))
    }
  }

  private func function(
    for call: FunctionCall, _ record: JobRecord, _ hooks: TaskHooks
  ) throws(LuaError) -> (LuaReference, name: String, [LuaValue])? {
    switch call {
    case .gate: return hooks.gate.map { ($0, "gate", [resultTable(record)]) }
    case .escalation(.function): return hooks.escalate.map { ($0, "escalate", failure(record)) }
    case .escalation(.person):
      let function = try lua.load(ScriptHost.personalEscalation, name: "=escalate", textOnly: true)
      return (function, "escalate", failure(record))
    case .simplification(let prompt, let attempt, let error):
      return hooks.simplify.map { ($0, "simplify", [.text(prompt), .integer(Int64(attempt)), .text(error)]) }
    case .attempt, .condition: return nil
    }
  }

  private func failure(_ record: JobRecord) -> [LuaValue] { [resultTable(record), history(of: record)] }

  private func answer(of task: ScriptTask, to call: FunctionCall, _ record: JobRecord) -> FunctionOutcome {
    switch task.ending {
    case .cancelled, nil: return .cancelled
    case .raised(let error): return .raised(message: error.message, traceback: error.traceback)
    case .returned(let values):
      switch call {
      case .gate: return verdict(values)
      case .simplification(let prompt, _, _): return simpler(values.first ?? .nil, than: prompt)
      case .escalation: return .decided(decision(values.first ?? .nil, on: record))
      case .attempt, .condition: return .cancelled
      }
    }
  }

  // MARK: Answers

  /// A gate passes if it returns what counts as true; a result counts as its `success`.
  private func verdict(_ values: [LuaValue]) -> FunctionOutcome {
    let value = values.first ?? .nil
    switch value {
    case .nil, .boolean(false):
      let usual = values.isEmpty ? "it returned nothing" : "it returned \(OptionReader.show(value))"
      if values.count < 2 || values[1].isNil { return .raised(message: usual, traceback: "") }
      return .raised(message: String(decoding: LuaText.describe(values[1]), as: UTF8.self), traceback: "")
    case .table(let table) where table["success"] == .boolean(false):
      return .raised(message: table["error"].text ?? "it returned success = false", traceback: "")
    default: return .returned(output: [], data: nil)
    }
  }

  private func simpler(_ value: LuaValue, than prompt: String) -> FunctionOutcome {
    if value.isNil { return .returned(output: Array(prompt.utf8), data: nil) }
    guard case .string = value, let text = value.exactText, !text.isEmpty else {
      return .raised(message: "simplify must return a prompt, not \(OptionReader.show(value))", traceback: "")
    }
    return .returned(output: Array(text.utf8), data: nil)
  }

  /// What an `escalate` returned, as a decision.
  private func decision(_ value: LuaValue, on record: JobRecord) -> Escalation {
    switch value {
    case .nil, .boolean(false), "skip": return .stand
    case "retry": return .retry
    case "give_up":
      book.givenUp.insert(record.id)
      return .stand
    case .table(let table) where !table["success"].isNil: return verdict(table, on: record)
    case .table(let table):
      do throws(HostFailure) {
        let (replacement, function) = try SpecReader.readReplacement(
          table, subject: "what escalate returned for '\(record.name ?? record.id.rawValue)'")
        book.values[record.id] = nil
        book.functions[record.id] = TaskFunctions(work: function)
        return .replace(replacement)
      } catch { return .undecided(error.sentence) }
    default:
      return .undecided(
        "its escalate returned \(OptionReader.show(value)), which is none of \"retry\", \"skip\", \"give_up\", a spec and "
          + "a result")
    }
  }

  private func verdict(_ table: LuaTable, on record: JobRecord) -> Escalation {
    guard table["success"] == .boolean(true) else { return .stand }
    book.values[record.id] = nil
    var data: String?
    if case .table = table["data"] { data = LuaJSON.encode(table["data"]) }
    return .accept(output: table["output"].isNil ? [] : LuaText.describe(table["output"]), data: data)
  }

  // MARK: Giving up

  /// The whole run ends: a job failed, and whoever was asked wants no more of it.
  func giveUp(after record: JobRecord) {
    gate.post(.terminate(reason: "given up after '\(record.name ?? record.id.rawValue)' failed", exitCode: 1))
  }
}
