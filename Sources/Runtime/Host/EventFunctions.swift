internal import Jobs
internal import LuaBindings

/// What a script wants to hear of its run.
struct RunEvents {
  /// What there is to hear.
  static let known = [
    "job_started", "job_progress", "job_completed", "phase", "todo", "asked", "answered", "rate_limited", "budget",
  ]

  private(set) var handlers: [String: [(handler: LuaReference, owner: ScriptTask)]] = [:]

  mutating func add(_ handler: LuaReference, for event: String, by owner: ScriptTask) {
    handlers[event, default: []].append((handler, owner))
  }

  /// Whether somebody wants to hear of it.
  func wants(_ event: String) -> Bool { handlers[event] != nil }

  /// Calls each of the event's functions as a task of its own.
  func tell(_ event: String, _ fields: @autoclosure () -> LuaTable, _ host: ScriptHost) {
    guard let handlers = handlers[event] else { return }
    var fields = fields()
    fields["event"] = .text(event)
    for (handler, owner) in handlers {
      do throws(LuaError) {
        let task = try host.makeTask(
          handler, [.table(fields)], name: "on \(event)", place: owner.place,
          owner: owner.ending == nil ? owner : host.root)
        // It hears; what goes wrong in it is told, and is not the work's.
        task.isObserved = true
        task.onEnd = { [unowned host] task in
          if case .raised(let error) = task.ending { host.presentation.say("on(\"\(event)\"): \(error.message)") }
        }
      } catch { host.presentation.say("on(\"\(event)\"): \(error.message)") }
    }
  }
}

// on: what happens in the run, as it happens.
extension ScriptHost {
  func defineEvents() throws(LuaError) {
    try publish("on") { host, call throws(HostFailure) in try host.on(call) }
  }

  /// `on(event, fn)`
  private func on(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    guard case .string = call[0], let event = call[0].text else {
      throw .misuse("on: the event must be a string, not \(OptionReader.show(call[0]))")
    }
    guard RunEvents.known.contains(event) else {
      let guess = NearMiss.best(for: event, among: RunEvents.known).map { "did you mean \"\($0)\"?" }
      throw .misuse(
        "on: there is no event \"\(event)\"; \(guess ?? "there are " + RunEvents.known.joined(separator: ", "))")
    }
    guard case .function(let handler) = call[1] else {
      throw .misuse("on: the second argument must be a function, not \(OptionReader.show(call[1]))")
    }
    events.add(handler, for: event, by: call.task)
    return .nothing
  }

  /// Tells who listens that a job changed. `before` is the status that it had when last it was heard of.
  func tellListeners(_ record: JobRecord, before: JobStatus?) {
    guard record.run == session.id else { return }
    if record.status.isTerminal {
      events.tell("job_completed", eventTable(record), self)
    } else if record.status == .running, before != .running, before != .waiting {
      events.tell("job_started", eventTable(record), self)
    }
  }

  /// A job's record for a handler, which is not the same as asking for its result.
  func eventTable(_ record: JobRecord) -> LuaTable {
    guard case .table(var fields) = recordTable(record) else { return LuaTable() }
    fields["success"] = record.status.isTerminal ? .boolean(record.isSuccess) : .nil
    return fields
  }
}
