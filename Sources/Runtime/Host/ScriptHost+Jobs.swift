internal import Jobs
internal import LuaBindings

// How jobs and the tree of tasks meet: ownership, notices, functions.
extension ScriptHost {
  /// A job that the calling task has just started.
  func adopt(_ record: JobRecord, key: String?, by task: ScriptTask) {
    book.keep(record)
    meter.note(record)
    if let key {
      book.names[key] = record.id
      book.keys[record.id] = key
    }
    // A terminal record needs no owner: it ended on the spot.
    guard !record.status.isTerminal else { return }
    book.owners[record.id] = task
    task.jobs.insert(record.id)
    if task.cancelCause != nil, task.graceIsOver { session.cancel(record.id, reason: "its owner was cancelled") }
  }

  // MARK: Notices

  func take(_ notice: JobNotice) {
    switch notice {
    case .changed(let record):
      let before = book.records[record.id]?.status
      keep(record)
      tellListeners(record, before: before)
      if record.status.isTerminal { ended(record) }
    case .amended(let record): book.keep(record)
    case .warning(let sentence): presentation.say("agentscript: \(sentence)")
    case .held(let reason):
      if let reason { presentation.say("agentscript: no other job is started for now: \(reason)") }
    case .progress(let record):
      if book.owners[record.id] == nil { book.earlyProgress[record.id, default: []].append(record) }
      keep(record)
      report(record)
      events.tell("job_progress", progressEvent(record), self)
    }
  }

  private func keep(_ record: JobRecord) {
    book.keep(record)
    if record.run == session.id { meter.note(record) }
    presentation.jobChanged(record)
  }

  private func ended(_ record: JobRecord) {
    let id = record.id
    book.functions[id] = nil
    book.givenNames[id] = nil
    book.hooks[id] = nil
    if book.progressOfEnds.remove(id) != nil { report(record) }
    if book.givenUp.remove(id) != nil { giveUp(after: record) }
    for waiter in book.takeWaiters(id) {
      guard let task = tasks[waiter], case .jobs(let wait) = task.wait else { continue }
      if wait.ended(id) { resolve(task, wait.answer(self, id)) }
    }
    for queue in book.queues.removeValue(forKey: id) ?? [] { complete(queue, id) }
    book.progressHandlers[id] = nil
    guard let owner = book.owners.removeValue(forKey: id) else { return }
    owner.jobs.remove(id)
    finish(owner)
  }

  private func complete(_ queue: CompletionQueue, _ id: JobID) {
    for index in queue.open.removeValue(forKey: id) ?? [] { queue.ended.append((id, index)) }
    guard let waiter = queue.waiter, queue.told < queue.ended.count else { return }
    queue.waiter = nil
    resolve(waiter, .values(next(of: queue)))
  }

  /// `result, index` of the next one; there must be one.
  func next(of queue: CompletionQueue) -> [LuaValue] {
    let (job, index) = queue.ended[queue.told]
    queue.told += 1
    return [result(job), .integer(Int64(index))]
  }

  /// Sets a job's `on_progress`, if it has one, and tells it what came before the job was known here.
  ///
  /// `endToo`: it is to hear of the job's end as well.
  func tell(_ handler: LuaReference?, of job: JobID, endToo: Bool = false) {
    let early = book.earlyProgress.removeValue(forKey: job) ?? []
    guard let handler else { return }
    book.progressHandlers[job] = handler
    for record in early { report(record) }
    if book.isLive(job) {
      if endToo { book.progressOfEnds.insert(job) }
    } else {
      if endToo, let record = book.records[job] { report(record) }
      book.progressHandlers[job] = nil
    }
  }

  /// Calls the script's `on_progress` as a task of its own.
  private func report(_ record: JobRecord) {
    guard let handler = book.progressHandlers[record.id] else { return }
    let owner = book.owners[record.id] ?? root
    do throws(LuaError) {
      _ = try makeTask(
        handler, [.table(progressEvent(record))], name: "on_progress", place: record.origin ?? "", owner: owner)
    } catch { presentation.say("on_progress: \(error.message)") }
  }

  /// What is told of a job's progress, and of that of its group.
  private func progressEvent(_ record: JobRecord) -> LuaTable {
    let fraction = record.isSuccess ? 1 : record.progress
    return LuaTable(fields: [
      ("id", .text(book.keys[record.id] ?? record.id.rawValue)), ("job", .text(record.id.rawValue)),
      ("name", text(record.name)), ("agent", text(record.agent)), ("status", .text(record.status.rawValue)),
      ("fraction", fraction.map { .number($0) } ?? .nil),
      ("percentage", fraction.map { .number($0 * 100) } ?? .nil), ("text", text(record.progressText)),
      ("group", record.group.map { .table(groupProgress($0)) } ?? .nil),
    ])
  }

  // MARK: Functions of jobs

  /// Calls a function of a job as a coroutine of this script, with the results of the tasks that it depends on.
  func startFunction(of record: JobRecord, _ call: FunctionCall, _ ticket: FunctionTicket) {
    switch call {
    case .attempt, .condition: break
    case .gate, .escalation, .simplification: return startHook(of: record, call, ticket)
    }
    guard let functions = book.functions[record.id] else {
      book.early[record.id] = (record, call, ticket)
      return
    }
    let owner = book.owners[record.id] ?? root
    let task: ScriptTask
    do throws(LuaError) {
      guard let function = functions.function(for: call) else {
        return ticket.end(.raised(message: "the task has no such function", traceback: ""))
      }
      task = try makeTask(
        function, [needs(of: record)], name: record.name ?? record.id.rawValue, place: record.origin ?? "",
        owner: owner)
    } catch {
      return ticket.end(.raised(message: error.message, traceback: ""))
    }
    if case .attempt = call { task.job = record.id }
    task.phase = record.phase ?? task.phase
    task.isObserved = true
    book.tickets[ticket] = task
    task.onEnd = { [unowned self] task in
      book.tickets[ticket] = nil
      switch call {
      case .condition: ticket.end(answer(of: task))
      case .attempt, .gate, .escalation, .simplification: ticket.end(outcome(of: task, record))
      }
    }
  }

  /// The results of the jobs on which a job depends, by the script's names for them.
  private func needs(of record: JobRecord) -> LuaValue {
    let given = book.givenNames[record.id] ?? [:]
    let results = record.dependencies.map { (given[$0] ?? book.keys[$0] ?? $0.rawValue, result($0)) }
    return .table(LuaTable(fields: results))
  }

  /// Functions that were asked for before their jobs were known here.
  func bind(_ functions: TaskFunctions, to job: JobID) {
    book.functions[job] = functions
    if let (record, call, ticket) = book.early.removeValue(forKey: job) { startFunction(of: record, call, ticket) }
  }

  /// What a `when` said: anything but nil and false is a yes, as everywhere in Lua.
  private func answer(of task: ScriptTask) -> FunctionOutcome {
    switch task.ending {
    case .cancelled, nil: return .cancelled
    case .raised(let error): return .raised(message: error.message, traceback: error.traceback)
    case .returned(let values):
      let isWanted = values.first.map { $0 != .nil && $0 != .boolean(false) } ?? false
      return .returned(output: Array((isWanted ? "true" : "false").utf8), data: nil)
    }
  }

  private func outcome(of task: ScriptTask, _ record: JobRecord) -> FunctionOutcome {
    switch task.ending {
    case .cancelled, nil: return .cancelled
    case .raised(let error):
      let name = record.name ?? record.id.rawValue
      let place = task.place.isEmpty ? "" : "\ntask '\(name)' started at \(task.place)"
      return .raised(message: error.message, traceback: error.traceback + place)
    case .returned(let values):
      let value = values.first ?? .nil
      if case .table(let table) = value, table["success"] == .boolean(false) {
        return .raised(message: table["error"].text ?? "its function returned success = false", traceback: "")
      }
      book.values[record.id] = value
      return .returned(output: LuaText.describe(value), data: LuaJSON.encode(value))
    }
  }
}
