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
    case .agent(let record, let notice): take(notice, of: record)
    case .held(let reason):
      if let reason { presentation.say("agentscript: no other job is started for now: \(reason)") }
    case .progress(let record):
      if book.owners[record.id] == nil, !isOfAgent(record) { book.earlyProgress[record.id, default: []].append(record) }
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

  /// Whether an agent has started the job: it hears of its end, and the script does not.
  private func isOfAgent(_ record: JobRecord) -> Bool {
    record.kind == .model && record.parent.flatMap { book.records[$0] }?.kind == .model
  }

  /// What happens to an agent on its way through the models.
  private func take(_ notice: AgentNotice, of record: JobRecord) {
    switch notice {
    case .rateLimited(let wait):
      var fields = eventTable(record)
      fields["reason"] = .text(wait.reason)
      fields["text"] = .text(wait.text)
      fields["until"] = text(wait.until?.description)
      events.tell("rate_limited", fields, self)
    case .budget(let account, let share):
      let name = account == AgentDesk.runAccount ? "the run" : "'\(account)'"
      if share >= 0.8 { presentation.say("agentscript: \(Int(share * 100)) % of the budget of \(name) are spent") }
      var fields = eventTable(record)
      fields["account"] = .text(account)
      fields["share"] = .number(share)
      events.tell("budget", fields, self)
    case .parked(let sentence): parkForQuota(sentence)
    }
  }

  private func ended(_ record: JobRecord) {
    let id = record.id
    if isOfAgent(record) { book.hear(id) }
    book.functions[id] = nil
    book.givenNames[id] = nil
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
}
