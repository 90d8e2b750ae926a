internal import DequeModule
internal import Jobs
internal import LuaBindings

// Structured concurrency: how tasks end, and how a cancellation flows down.
extension ScriptHost {
  // MARK: Ends

  /// The coroutine is over; the task ends once its children and its jobs have.
  func bodyEnded(_ task: ScriptTask, _ ending: TaskEnding) {
    task.ending = ending
    task.coroutine = nil
    switch ending {
    case .returned:
      if task.job == nil { handOver(task) }
    case .raised(let error):
      let isInterrupt = error.message == ScriptHost.interruption
      let failure = "the code that started it failed: \(firstLine(error.message))"
      abandon(task, reason: isInterrupt ? "interrupted by Ctrl-C" : failure)
    case .cancelled(let cause): abandon(task, reason: cause.reason)
    }
    finish(task)
  }

  /// A branch that ended well leaves its running jobs to its owner.
  private func handOver(_ task: ScriptTask) {
    guard let owner = task.owner else { return }
    for job in task.jobs { book.owners[job] = owner }
    owner.jobs.formUnion(task.jobs)
    task.jobs = []
  }

  /// Cancels what a task that failed or was cancelled left running.
  private func abandon(_ task: ScriptTask, reason: String) {
    if task.owner === root { Guardian.beginGrace() }
    for child in inOrder(task.children) { cancel(child, .owner(reason: reason)) }
    for job in task.jobs { session.cancel(job, reason: reason) }
  }

  /// Ends the task if nothing of it is left.
  func finish(_ task: ScriptTask) {
    guard task.ending != nil, !task.hasEnded, task.children.isEmpty, task.jobs.isEmpty, task !== root else { return }
    task.hasEnded = true
    adoptFailure(task)
    tasks[task.id] = nil
    deadlines.cancel(.task(task.id))
    deadlines.cancel(.grace(task.id))
    timers.cancel(.wait(task.id))
    task.owner?.children[task.id] = nil
    if let group = task.group {
      group.branches[task.id] = nil
      group.ended.append(task)
      wake(group)
    } else if case .raised = task.ending {
      task.owner?.failures.append(task)
    }
    for waiter in task.waiters { resolve(waiter, childAnswer(task)) }
    task.waiters = []
    task.onEnd?(task)
    task.onEnd = nil
    if let owner = task.owner { finish(owner) }
  }

  /// A failure of an `async` child that nobody heard of becomes its owner's.
  private func adoptFailure(_ task: ScriptTask) {
    guard case .returned = task.ending, let failed = task.failures.first(where: { !$0.isObserved }) else { return }
    failed.isObserved = true
    task.ending = failed.ending
  }

  func inOrder(_ tasks: [ScriptTaskID: ScriptTask]) -> [ScriptTask] { tasks.values.sorted { $0.id < $1.id } }

  func firstLine(_ text: String) -> String { String(text.prefix { !$0.isNewline }) }

  // MARK: Cancellation

  /// Cancels a task with all that it owns. Its to-be-closed variables run, and may wait for the grace period.
  func cancel(_ task: ScriptTask, _ cause: CancelCause) {
    guard task.cancelCause == nil, !task.hasEnded else { return }
    task.cancelCause = cause
    for child in inOrder(task.children) { cancel(child, .owner(reason: cause.reason)) }
    for job in task.jobs { session.cancel(job, reason: cause.reason) }
    guard task.ending == nil else { return finish(task) }
    if !task.hasStarted {
      bodyEnded(task, .cancelled(cause))
      return
    }
    deadlines.set(.grace(task.id), at: .now.advanced(by: ScriptHost.grace))
    if task.wait != nil { resolve(task, .cancel) }
  }

  /// Cancels everything, the main chunk included.
  func cancelAll(_ cause: CancelCause) {
    for child in inOrder(root.children) { cancel(child, cause) }
    for job in root.jobs { session.cancel(job, reason: cause.reason) }
  }

  private func endGrace(_ task: ScriptTask) {
    task.graceIsOver = true
    let cause = task.cancelCause ?? .owner(reason: "cancelled")
    for child in inOrder(task.children) { cancel(child, .owner(reason: cause.reason)) }
    for job in task.jobs { session.cancel(job, reason: cause.reason) }
    if task.wait != nil { resolve(task, .cancel) }
  }

  // MARK: Timers

  func fire(_ timer: HostTimer) {
    switch timer {
    case .wait(let id):
      guard let task = tasks[id], let wait = task.wait else { return }
      if case .time = wait { resolve(task, .nothing) } else { resolve(task, .values(task.lateAnswer)) }
    case .task(let id):
      if let task = tasks[id] { cancel(task, .deadline) }
    case .grace(let id):
      if let task = tasks[id] { endGrace(task) }
    case .run:
      termination = ("timeout", 124)
      Guardian.beginGrace()
      cancelAll(.asked(by: "timeout", reason: "the run's time was up"))
    }
  }

  // MARK: Groups

  /// Tells the owner of a group that waits about its branches.
  private func wake(_ group: TaskGroupScope) {
    let owner = group.owner
    switch owner.wait {
    case .group(let waited) where waited === group:
      if let answer = nextBranch(group) { resolve(owner, answer) }
    case .groupEnd(let waited) where waited === group:
      if group.branches.isEmpty { resolve(owner, .nothing) }
    default: break
    }
  }

  /// `index, status, error` of the next ended branch; `nil` once all were told; no answer while some still run.
  func nextBranch(_ group: TaskGroupScope) -> LuaAnswer? {
    if let branch = group.ended.popFirst() {
      branch.isObserved = true
      return .values([.integer(Int64(branch.index))] + outcome(branch))
    }
    return group.branches.isEmpty ? .values([.nil]) : nil
  }

  private func outcome(_ task: ScriptTask) -> [LuaValue] {
    switch task.ending {
    case .returned, nil: ["ok"]
    case .raised(let error): ["error", error.value, .text(error.traceback)]
    case .cancelled(.deadline): ["timeout"]
    case .cancelled(let cause): ["cancelled", .text(cause.reason)]
    }
  }

  /// `status, error` of an ended child.
  func childAnswer(_ task: ScriptTask) -> LuaAnswer {
    task.isObserved = true
    return .values(outcome(task))
  }
}
