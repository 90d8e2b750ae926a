internal import DequeModule
internal import Jobs
internal import LuaBindings
internal import Models
internal import Synchronization

/// Runs one script: its Lua state, its tree of tasks, its jobs.
///
/// It belongs to one thread, the Lua thread, which made it and runs `run(until:)`; it is not Sendable. Other threads
/// reach it through its `HostGate` alone. Between two resumes no Lua code runs, and all state is whole.
///
/// Who does what: a host call (`perform`) registers a wait; a message, a timer or another task's end resolves it
/// (`resolve`), which queues the task; the loop resumes queued tasks. Nothing else resumes a coroutine.
final class ScriptHost {
  let gate: HostGate
  let options: RunOptions
  /// Shows no secrets.
  let presentation: RunPresentation
  let secrets = RunSecrets()
  let lua: LuaState
  var functions: [HostFunction] = []

  var tasks: [ScriptTaskID: ScriptTask] = [:]
  private var taskCount: UInt64 = 0
  /// The script itself: owner of the main chunk, and of what outlives it.
  let root: ScriptTask
  private var ready: Deque<ScriptTask> = []
  /// Ends of waits. They only matter while Lua rests.
  var timers = TimerQueue<HostTimer>()
  /// Ends of tasks and of the run: the watchdog stops Lua code for them.
  var deadlines = TimerQueue<HostTimer>()
  /// The task whose coroutine runs now.
  var current: ScriptTask?
  private var answerCount: UInt64 = 0
  private var answerWaiters: [UInt64: ScriptTaskID] = [:]
  /// What to do about an answer that nobody waits for any more.
  private var unwanted: [UInt64: @Sendable () -> Void] = [:]
  var isInterrupted = false
  private var deferred: [HostMessage] = []
  /// Set when the run was told to end from outside.
  var termination: (reason: String, exitCode: Int32)?
  /// Set by `os.exit`.
  var exitRequest: ExitRequest?
  /// Set by an `os.exit(code, true)` of a finalizer, while the state is being closed: the other finalizers still run.
  var lateExitCode: Int32?
  var objects = HostObjects()
  var book = JobBook()
  /// The run's phases, in the order in which they began.
  var phases: [String] = []
  /// How far its jobs are.
  let meter: RunMeter
  /// Who wants to hear of what.
  var events = RunEvents()
  /// What it asks people.
  var questions = OpenQuestions()
  lazy var session = JobSession(host: self)
  let watchdog: Watchdog
  /// For all requests of this run.
  lazy var transport = HTTPTransport { MonotonicTime.now.nanoseconds }

  /// What `os.exit` asked for.
  struct ExitRequest {
    var code: Int32
    var closesState: Bool
  }

  /// The error that Ctrl-C raises, as in lua.
  static let interruption = "interrupted!"
  /// A to-be-closed variable of a cancelled task may take this long.
  static let grace = Duration.seconds(5)

  init(gate: HostGate, options: RunOptions, presentation: RunPresentation) {
    self.gate = gate
    self.options = options
    self.presentation = presentation.redacted(by: secrets)
    meter = presentation.meter
    root = ScriptTask(id: ScriptTaskID(number: 0), name: "main", place: "", owner: nil)
    watchdog = Watchdog()
    let box = HostBox()
    lua = LuaState(
      LuaHandlers(
        call: { box.host.call($0, $1, $2) }, resumed: { _ in box.host.takeAnswer() },
        interrupted: { box.host.interrupted() }, released: { box.host.objects.release($0) }))
    box.target = self
    let interrupt = lua.bindToThread()
    gate.bind(interrupt)
    watchdog.bind(interrupt)
    lua.limitMemory(to: options.memoryLimit)
    if let limit = options.instructionLimit { lua.limitInstructions(to: Int64(limit)) }
  }

  /// Frees the Lua state. The host's last call.
  func close() {
    gate.close()
    watchdog.stop()
    lua.close()
  }

  // MARK: The loop

  /// Runs the script's tasks until `isDone`, or until `os.exit`.
  func run(until isDone: () -> Bool) {
    while !isDone(), exitRequest == nil {
      for message in nextMessages() { handle(message) }
      fireTimers()
      // Only those that are ready now: what they start in turn lets messages and timers through first.
      for _ in 0..<ready.count {
        guard exitRequest == nil, let task = ready.popFirst() else { break }
        resume(task)
      }
    }
  }

  private func nextMessages() -> [HostMessage] {
    let early = deferred
    deferred = []
    if !early.isEmpty || !ready.isEmpty { return early + gate.mailbox.take() }
    let messages = gate.mailbox.take()
    if !messages.isEmpty { return messages }
    attendQuestions()
    if !ready.isEmpty { return gate.mailbox.take() }
    presentation.idle(true)
    defer { presentation.idle(false) }
    return gate.mailbox.take(until: [timers.next(), deadlines.next()].compactMap(\.self).min())
  }

  private func fireTimers() {
    let now = MonotonicTime.now
    for timer in deadlines.expired(at: now) { fire(timer) }
    for timer in timers.expired(at: now) { fire(timer) }
  }

  private func handle(_ message: HostMessage) {
    switch message {
    case .job(let notice): take(notice)
    case .runFunction(let record, let call, let ticket): startFunction(of: record, call, ticket)
    case .cancelFunction(let ticket, let reason):
      if let task = book.tickets[ticket] {
        cancel(task, .asked(by: "agentscript", reason: reason))
      } else {
        // Not called yet: a cancellation is urgent, and passes the call on its way here.
        ticket.end(.cancelled)
      }
    case .answer(let number, let work): take(answer: number, work)
    case .interrupt: interrupt()
    case .terminate(let reason, let code):
      if termination == nil { termination = (reason, code) }
      Guardian.beginGrace()
      cancelAll(.asked(by: reason, reason: reason))
    case .perform(let work): work(self)
    }
  }

  private func resume(_ task: ScriptTask) {
    guard let coroutine = task.coroutine, task.ending == nil else { return }
    current = task
    task.hasStarted = true
    gate.showLife()
    gate.isBusy.store(true, ordering: .relaxed)
    if let deadline = deadlines.next() { watchdog.watch(until: deadline) }
    let result = lua.resume(coroutine)
    watchdog.rest()
    gate.isBusy.store(false, ordering: .relaxed)
    current = nil
    switch result {
    case .waiting: break
    case .finished(let values): bodyEnded(task, .returned(values))
    case .failed(let error):
      bodyEnded(task, task.cancelCause.map { .cancelled($0) } ?? .raised(error))
    case .cancelled:
      bodyEnded(task, .cancelled(task.cancelCause ?? .owner(reason: "cancelled")))
    }
  }

  /// The watchdog or another thread stopped the Lua code that runs now: does it have to end?
  private func interrupted() -> LuaAnswer {
    gate.showLife()
    for message in gate.mailbox.take() {
      switch message {
      case .interrupt, .terminate, .cancelFunction: handle(message)
      default: deferred.append(message)
      }
    }
    fireTimers()
    guard let current else { return .nothing }
    if current.refusesWaits { return .cancel }
    if isInterrupted {
      isInterrupted = false
      return .raiseBare(.text(ScriptHost.interruption))
    }
    if let deadline = deadlines.next() { watchdog.watch(until: deadline) }
    return .nothing
  }

  /// Ctrl-C: what runs gets an error that it may catch; where nothing runs, the main chunk's wait gets it.
  private func interrupt() {
    Guardian.beginGrace()
    isInterrupted = true
    guard current == nil, let main = root.children.values.min(by: { $0.id < $1.id }), main.wait != nil else { return }
    isInterrupted = false
    if case .jobs(let wait) = main.wait, wait.isForeground {
      for job in wait.open { session.cancel(job, reason: "interrupted by Ctrl-C") }
    }
    resolve(main, .raiseBare(.text(ScriptHost.interruption)))
  }

  // MARK: Tasks

  func makeTask(
    _ function: LuaReference, _ arguments: [LuaValue] = [], name: String, place: String, owner: ScriptTask,
    group: TaskGroupScope? = nil, index: Int = 0
  ) throws(LuaError) -> ScriptTask {
    taskCount += 1
    let task = ScriptTask(
      id: ScriptTaskID(number: taskCount), name: name, place: place, owner: owner, group: group, index: index)
    task.coroutine = try lua.makeTask(function, arguments)
    tasks[task.id] = task
    owner.children[task.id] = task
    group?.branches[task.id] = task
    if let cause = owner.cancelCause, owner.graceIsOver { task.cancelCause = cause }
    ready.append(task)
    return task
  }

  /// The task's wait is over; the loop resumes it with the answer.
  func resolve(_ task: ScriptTask, _ answer: LuaAnswer) {
    guard let wait = task.wait else { return }
    task.wait = nil
    timers.cancel(.wait(task.id))
    switch wait {
    case .jobs(let jobs): book.forget(jobs, of: task.id)
    case .answer(let number):
      answerWaiters[number] = nil
      abandonQuestion(number)
      unwanted.removeValue(forKey: number)?()
    case .child(let child): child.waiters.removeAll { $0 === task }
    case .time, .group, .groupEnd: break
    }
    task.answer = answer
    ready.append(task)
  }

  func takeAnswer() -> LuaAnswer {
    guard let current else { return .cancel }
    defer { current.answer = .nothing }
    return current.answer
  }

  // MARK: Answers from outside

  /// Registers a task's wait.
  func begin(_ wait: TaskWait, until deadline: MonotonicTime?, _ late: [LuaValue], of task: ScriptTask) {
    task.wait = wait
    task.lateAnswer = late
    switch wait {
    case .jobs(let jobs): book.await(jobs, by: task.id)
    case .answer(let number): answerWaiters[number] = task.id
    case .child(let child): child.waiters.append(task)
    case .time, .group, .groupEnd: break
    }
    if let deadline { timers.set(.wait(task.id), at: deadline) }
  }

  /// A number under which another thread answers, and the wait for it.
  func expectAnswer() -> (number: UInt64, wait: TaskWait) {
    answerCount += 1
    return (answerCount, .answer(answerCount))
  }

  /// Called if the wait for that answer ends without it: whoever works for it may stop.
  func whenUnwanted(_ number: UInt64, _ work: @escaping @Sendable () -> Void) { unwanted[number] = work }

  private func take(answer number: UInt64, _ work: HostWork) {
    unwanted[number] = nil
    guard let id = answerWaiters[number], let task = tasks[id] else { return }
    do throws(HostFailure) {
      switch try work(self) {
      case .values(let values): resolve(task, .values(values))
      case .wait(let wait, let deadline, let late):
        answerWaiters[number] = nil
        begin(wait, until: deadline, late, of: task)
      }
    } catch { resolve(task, answer(error)) }
  }
}

/// Lets the handlers of a Lua state find the host that owns it.
private final class HostBox {
  // Unsafe is true here: the host owns the state that owns the handlers, so it outlives them.
  unowned(unsafe) var target: ScriptHost?
  var host: ScriptHost { target! }
}

/// What a timer is for.
enum HostTimer: Hashable, Sendable {
  /// A wait's own deadline.
  case wait(ScriptTaskID)
  /// The deadline of a task as a whole.
  case task(ScriptTaskID)
  /// The end of the grace of a cancelled task.
  case grace(ScriptTaskID)
  /// The run's own timeout.
  case run
}
