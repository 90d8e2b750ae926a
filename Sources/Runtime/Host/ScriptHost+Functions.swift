internal import Jobs
internal import LuaBindings

// Functions of jobs: their work, and what else the script is asked about them.
extension ScriptHost {
  /// Asks a person; called with what a script's own `escalate` gets.
  private static let personalEscalation = Array("return require 'agentscript.escalation'(...)".utf8)

  /// Asks a person whether an agent may do something.
  private static let permission = Array("return require 'agentscript.permission'(...)".utf8)

  /// The functions of a job that the script has just started.
  func bind(_ functions: TaskFunctions, to job: JobID) {
    // A job that is over already is asked about no more.
    if !book.isLive(job), book.early[job] == nil { return }
    book.functions[job] = functions
    for (record, call, ticket) in book.early.removeValue(forKey: job) ?? [] { startFunction(of: record, call, ticket) }
  }

  /// Calls one of them as a coroutine of this script.
  func startFunction(of record: JobRecord, _ call: FunctionCall, _ ticket: FunctionTicket) {
    if ticket.hasEnded { return }
    // Agents of agents ask for permissions too, and no part of the script has started them.
    guard let functions = book.functions[record.id] ?? (call.isQuestion ? TaskFunctions() : nil) else {
      book.early[record.id, default: []].append((record, call, ticket))
      return
    }
    let task: ScriptTask
    do throws(LuaError) {
      guard let (function, name, arguments) = try function(for: call, record, functions) else {
        return ticket.end(.raised(message: "the task has no such function", traceback: ""))
      }
      task = try makeTask(
        function, arguments, name: name, place: record.origin ?? "", owner: book.owners[record.id] ?? root)
    } catch {
      return ticket.end(.raised(message: error.message, traceback: ""))
    }
    // What a `when` starts is not part of the job, which has not begun.
    if call != .condition { task.job = record.id }
    switch call {
    case .attempt, .condition: task.phase = record.phase ?? task.phase
    case .gate, .escalation, .simplification, .tool, .permission: break
    }
    task.isObserved = true
    book.tickets[ticket] = task
    task.onEnd = { [unowned self] task in
      book.tickets[ticket] = nil
      ticket.end(answer(of: task, to: call, record))
    }
  }

  private func function(
    for call: FunctionCall, _ record: JobRecord, _ functions: TaskFunctions
  ) throws(LuaError) -> (LuaReference, name: String, [LuaValue])? {
    let name = record.name ?? record.id.rawValue
    switch call {
    case .attempt: return functions.work.map { ($0, name, [needs(of: record)]) }
    case .condition: return functions.condition.map { ($0, name, [needs(of: record)]) }
    case .gate: return functions.gate.map { ($0, "gate of \(name)", [resultTable(record)]) }
    case .escalation(.function): return functions.escalate.map { ($0, "escalate of \(name)", failure(record)) }
    case .escalation(.person):
      let function = try lua.load(ScriptHost.personalEscalation, name: "=escalate", textOnly: true)
      return (function, "escalate of \(name)", failure(record))
    case .tool(let tool, let arguments):
      return functions.tools[tool].map { ($0, "tool \(tool) of \(name)", [LuaJSON.decode(arguments)]) }
    case .permission(let question):
      let function = try lua.load(ScriptHost.permission, name: "=permission", textOnly: true)
      let arguments: [LuaValue] = [.text(question.agent), .text(question.text), .boolean(question.parks)]
      return (function, "permission of \(name)", arguments)
    case .simplification(let prompt, let attempt, let error):
      return functions.simplify.map {
        ($0, "simplify of \(name)", [.text(prompt), .integer(Int64(attempt)), .text(error)])
      }
    }
  }

  /// The results of the jobs on which a job depends, by the script's names for them.
  private func needs(of record: JobRecord) -> LuaValue {
    let given = book.givenNames[record.id] ?? [:]
    let results = record.dependencies.map { (given[$0] ?? book.keys[$0] ?? $0.rawValue, result($0)) }
    return .table(LuaTable(fields: results))
  }

  private func failure(_ record: JobRecord) -> [LuaValue] { [resultTable(record), history(of: record)] }

  private func answer(of task: ScriptTask, to call: FunctionCall, _ record: JobRecord) -> FunctionOutcome {
    switch task.ending {
    case .cancelled, nil: return .cancelled
    case .raised(let error):
      var traceback = error.traceback
      if case .attempt = call, !task.place.isEmpty {
        traceback += "\ntask '\(record.name ?? record.id.rawValue)' started at \(task.place)"
      }
      return .raised(message: error.message, traceback: traceback)
    case .returned(let values):
      let value = values.first ?? .nil
      switch call {
      case .attempt: return worked(value, record)
      // Anything but nil and false is a yes, as everywhere in Lua.
      case .condition:
        return .returned(output: Array((value != .nil && value != .boolean(false) ? "true" : "false").utf8), data: nil)
      case .gate: return verdict(values)
      case .simplification(let prompt, _, _): return simpler(value, than: prompt)
      case .tool: return toolAnswer(values)
      case .permission: return .returned(output: LuaText.describe(value), data: nil)
      case .escalation: return .decided(decision(value, on: record))
      }
    }
  }

  // MARK: Answers

  /// What a job's work returned; `success = false` is a failure.
  private func worked(_ value: LuaValue, _ record: JobRecord) -> FunctionOutcome {
    if case .table(let table) = value, table["success"] == .boolean(false) {
      return .raised(message: table["error"].text ?? "its function returned success = false", traceback: "")
    }
    book.values[record.id] = value
    return .returned(output: LuaText.describe(value), data: LuaJSON.encode(value))
  }

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

  /// What an agent gets from a function of the script: texts as they are, other values as JSON; `nil, why` is a failure.
  private func toolAnswer(_ values: [LuaValue]) -> FunctionOutcome {
    let value = values.first ?? .nil
    if value.isNil, values.count > 1, !values[1].isNil {
      return .raised(message: String(decoding: LuaText.describe(values[1]), as: UTF8.self), traceback: "")
    }
    return .returned(output: value.isNil ? Array("done".utf8) : LuaText.describe(value), data: LuaJSON.encode(value))
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
        book.functions[record.id, default: TaskFunctions()].work = function
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
