internal import DequeModule
import Jobs

/// All that the engine knows of the live jobs of a run, as a state machine: events in, effects out.
///
/// Invariants:
/// - A job is in `jobs` from its submission until its end is durable, or known to be lost; it leaves it exactly once, and
///   with that its last notice goes out.
/// - A job waits in the scheduler in the phase `lined`, and holds a place there in `active`; while its end is recorded it
///   may still hold one, so that a slow disk slows the starts down.
/// - Effects stand in the outbox in the order in which they were decided, over all jobs. Whoever finds nobody delivering
///   delivers them, outside of the lock: so notices and changes of the registry keep their order for each job.
struct EngineState: Sendable {
  /// What the engine is to do.
  enum Effect: Sendable {
    case notice(JobNotice)
    /// Record new jobs, together; `intentSettled` is told.
    case recordIntent([JobChange])
    /// Record a step that nobody waits for.
    case note(JobChange)
    /// Record an end; `ended` or a retry is told.
    case recordEnd(FinishedJob)
    /// Commit what a job did in its worktree; `settled` is told.
    case settle(JobID, JobOutcome, Moment)
    /// Merge what the tasks of a group did; `merged` is told.
    case merge(group: String)
    case attempt(JobID)
    case stop(AttemptControl, StopCause, atOnce: Bool)
    case rest(JobID, Duration)
    /// Ask what becomes of a job whose attempts have all failed.
    case escalate(JobID, JobOutcome)
    /// Ask a task's `when`; `answered` is told.
    case ask(JobRecord)
    case groupTimer(String, Duration)
    case startTicker
    /// Look again, in a moment, whether the machine has a slot.
    case pollMachine
    case resume([CheckedContinuation<Void, Never>])
    /// Tell an agent of the end of the job that it started.
    case tellEnd(CheckedContinuation<JobRecord, Never>, JobRecord)
    case tellIntent([CheckedContinuation<LiveJob.Intent, Never>], LiveJob.Intent)
  }

  /// How many ends may be under way before slots are kept until an end is durable: each holds descriptors open.
  private static let mostEndings = 96

  let run: RunRecord
  let directory: StateDirectory
  private let secrets: RunSecrets
  /// What may not stand in records, as far as it is known by now.
  private(set) var redaction = Redaction.none
  var jobs: [JobID: LiveJob] = [:]
  var groups: [String: LiveGroup] = [:]
  /// The commands that run: their output is looked through for reports of progress.
  var commands: Set<JobID> = []
  var scheduler: SchedulerState<JobID>
  /// What the live jobs say that they read and write, by the job inside which they run; see `registerPaths`.
  var paths: [JobID?: PathIndex<JobID>] = [:]
  var pathScopes: [JobID: JobID?] = [:]
  /// The slots of the machine, who has one, and who has a slot of the run and waits for one.
  let machine: MachineSlots
  var machineHolders: Set<JobID> = []
  var machineLine: Deque<JobID> = []
  var isPollingMachine = false
  var hasToldOfMachine = false
  /// Whose number of jobs at once follows the load.
  var governors: [SchedulerState<JobID>.Cap: LoadGovernor] = [:]
  var toldOfLoad: Set<SchedulerState<JobID>.Cap> = []
  var outbox: [Effect] = []
  var isDelivering = false
  var isTicking = false
  var drainers: [CheckedContinuation<Void, Never>] = []
  /// How often everything was cancelled; tells a submission that it came too late.
  private(set) var cancellations = 0
  /// What everything was cancelled for the last time.
  private(set) var lastWish = LiveJob.Wish(kind: .request, by: "agentscript", reason: "everything was cancelled")
  /// Who waits for the ends of jobs that agents have started, and those that nobody waits for yet.
  var agentWaiters: [JobID: CheckedContinuation<JobRecord, Never>] = [:]
  var endedAgents: [JobID: JobRecord] = [:]
  private var lastNumber = 0
  private var lastGroup = 0
  private var endings = 0

  init(run: RunRecord, directory: StateDirectory, slots: Int, machine: MachineSlots, secrets: RunSecrets) {
    self.run = run
    self.directory = directory
    self.secrets = secrets
    self.machine = machine
    scheduler = SchedulerState(slots: slots)
  }

  // MARK: Submission

  /// The state of a new job that stands alone.
  mutating func draft(_ spec: TaskSpec) -> JobState {
    learnSecrets(of: [spec])
    let record = record(spec, id: id(for: spec, key: nil))
    return JobState(submitting: record, isReady: true, at: .now(), redaction: redaction)
  }

  /// Whatever is written from now on, of jobs that live already too, holds no secret that these jobs are given.
  mutating func learnSecrets(of specs: [TaskSpec]) {
    let before = redaction
    redaction = secrets.redaction
    for spec in specs where !spec.environment.isEmpty { redaction = secrets.knowing(spec.environment) }
    if redaction != before { for id in jobs.keys { jobs[id]?.state.redaction = redaction } }
  }

  /// A new job's record.
  func record(_ spec: TaskSpec, id: JobID) -> JobRecord {
    var record = JobRecord(id: id, run: run.id, kind: spec.kind)
    record.name = spec.name
    record.description = spec.description
    record.agent = spec.agent
    record.command = spec.shownWork(redaction)
    record.cwd = spec.folder
    record.envNames = spec.environment.keys.sorted()
    record.maxAttempts = max(spec.retries, 0) + 1
    record.priority = spec.priority == Priority.normal ? nil : spec.priority
    record.speculative = spec.isSpeculative
    record.parent = spec.parent
    record.origin = spec.origin
    record.labels = spec.labels
    record.phase = spec.phase
    record.topic = spec.topic
    record.timeoutMs = spec.timeout.map { Int($0 / .milliseconds(1)) }
    record.outputFile = directory.file(.log, of: id)
    return record
  }

  /// The records of a group's new jobs.
  mutating func drafts(_ group: GroupSpec, _ plan: GroupPlan) -> [JobRecord] {
    learnSecrets(of: group.members.map(\.spec))
    let ids = group.members.map { id(for: $0.spec, key: $0.key) }
    return group.members.enumerated().map { index, member in
      var record = record(member.spec, id: ids[index])
      record.name = record.name ?? member.key
      if group.fallsBack { record.maxAttempts += 1 }
      record.dependencies =
        plan.dependencies[index].map { ids[$0] } + member.given.sorted { $0.key < $1.key }.map(\.value)
      return record
    }
  }

  /// The id that the spec wants, or a new one.
  mutating func id(for spec: TaskSpec, key: String?) -> JobID {
    if let id = spec.id { return id }
    lastNumber += 1
    return JobID(slugOf: key.map { redaction.text($0) } ?? spec.slugSource(redaction), run: run.id, number: lastNumber)
  }

  mutating func nextGroupID() -> String {
    lastGroup += 1
    return "g-\(run.id.suffix)-\(lastGroup)"
  }

  /// Takes a job in that stands alone. `isRecorded`: its intent is durable already.
  mutating func take(_ spec: TaskSpec, _ state: JobState, isRecorded: Bool) {
    var job = LiveJob(spec, state: state, membership: nil)
    if isRecorded { job.intent = .durable } else { outbox.append(.recordIntent([state.submission])) }
    let id = state.record.id
    precondition(jobs[id] == nil, "job \(id) is taken in a second time")
    jobs[id] = job
    outbox.append(.notice(.changed(state.record)))
    tickIfNeeded()
    registerPaths(of: [id], [spec])
    line(id)
  }

  mutating func tickIfNeeded() {
    guard !isTicking else { return }
    isTicking = true
    outbox.append(.startTicker)
  }

  /// Puts a job that is ready into the line, or starts it.
  mutating func line(_ id: JobID) {
    guard let job = jobs[id] else { return }
    jobs[id]?.phase = .lined
    start(scheduler.enter(id, claim(job)))
  }

  /// What a job counts against while it runs, and its place in the line.
  private func claim(_ job: LiveJob) -> SchedulerState<JobID>.Claim {
    var caps: [SchedulerState<JobID>.Cap] = job.needsSlot ? [.pool] : []
    if let group = job.membership?.group { caps.append(.group(group)) }
    if let agent = job.spec.agent {
      if scheduler.limit(.agent(agent)) != nil { caps.append(.agent(agent)) }
      if let group = job.membership?.group, scheduler.limit(.groupAgent(group, agent)) != nil {
        caps.append(.groupAgent(group, agent))
      }
    }
    if let affinity = job.affinity { caps.append(.affinity(affinity)) }
    caps += job.crowds.map { .crowd($0) }
    // A further attempt waits its turn like everybody.
    let isFirst = job.state.record.attempts == 0
    let rank = isFirst ? job.rank : nil
    return .init(
      caps: caps, rank: rank ?? Rank(since: EngineState.now, priority: job.priority), affinity: job.affinity)
  }

  /// The time in which ranks are given.
  static var now: Double { Double(MonotonicTime.now.nanoseconds) / 1e9 }

  mutating func leavePool(_ id: JobID) {
    giveMachineSlot(of: id)
    start(scheduler.leave(id))
  }

  // MARK: Pressure

  /// Starts no job for now, for a reason; or does again.
  mutating func hold(_ reason: String?) {
    if let reason {
      guard !scheduler.isClosed else { return }
      scheduler.close()
      outbox.append(.notice(.held(reason)))
    } else if scheduler.isClosed {
      outbox.append(.notice(.held(nil)))
      start(scheduler.open())
    }
  }

  /// Ends the jobs that wait for a slot: there will be none.
  mutating func giveUpWaiting(_ sentence: String) {
    for (id, job) in jobs.sorted(by: { $0.key < $1.key }) where job.phase == .lined && job.needsSlot {
      end(id, .failed(.spawnFailed, error: sentence))
    }
  }

  // MARK: Intent

  mutating func intentSettled(_ changes: [JobChange], _ intent: LiveJob.Intent) {
    for change in changes {
      let id = change.record.id
      guard let waiters = jobs[id]?.intentWaiters else { continue }
      jobs[id]?.intent = intent
      jobs[id]?.intentWaiters = []
      if !waiters.isEmpty { outbox.append(.tellIntent(waiters, intent)) }
    }
  }

  /// Records a job's intent once more, after a failure.
  mutating func rewriteIntent(_ id: JobID) {
    guard let job = jobs[id], case .failed = job.intent else { return }
    jobs[id]?.intent = .writing
    // Nothing can have happened to the job since: it does not begin before the registry knows it.
    outbox.append(.recordIntent([job.state.submission]))
  }

  // MARK: Progress

  /// The event's step, recorded and told.
  mutating func step(_ id: JobID, _ event: JobEvent) {
    guard let change = jobs[id]?.state.apply(event, at: .now()) else { return }
    outbox.append(.note(change))
    let notice: JobNotice = change.kind == .progress ? .progress(change.record) : .changed(change.record)
    outbox.append(.notice(notice))
  }

  /// Lines that told of progress; nothing once the attempt is over.
  mutating func progressed(_ id: JobID, _ reports: [ProgressReport]) {
    guard let job = jobs[id], job.phase == .active, job.state.record.status == .running else { return }
    for report in reports where report.fraction != nil || report.text != nil {
      step(id, .progressed(fraction: report.fraction, text: report.text))
    }
  }

  // MARK: Ends

  /// Decides a job's end, and has it recorded. Nobody hears of it before that is done.
  mutating func end(_ id: JobID, _ outcome: JobOutcome) {
    guard let job = jobs[id], job.phase != .ending else { return }
    job.timer?.cancel()
    jobs[id]?.timer = nil
    jobs[id]?.phase = .ending
    endings += 1
    settle(id, outcome)
    if job.phase != .active {
      leavePool(id)
    } else if mayPassOnSlot(job, outcome) {
      // What else it counts against it keeps: nobody is to see more of a group at work than the group allows.
      giveMachineSlot(of: id)
      start(scheduler.passOnSlot(id))
    }
  }

  /// Has an end recorded that is decided.
  mutating func record(_ id: JobID, _ outcome: JobOutcome, at moment: Moment) {
    guard let job = jobs[id] else { return }
    var state = job.state
    let change = state.apply(.ended(outcome), at: moment)
    outbox.append(.recordEnd(FinishedJob(change: change, output: job.output, redaction: redaction)))
  }

  /// Whether a job's slot is free before its end is durable: not while too many ends are on their way to the disk, nor where
  /// the next to get it would be cancelled at once.
  private func mayPassOnSlot(_ job: LiveJob, _ outcome: JobOutcome) -> Bool {
    guard endings <= EngineState.mostEndings, job.worktree == nil else { return false }
    guard outcome.status != .completed, let group = job.membership?.group else { return true }
    return groups[group]?.state.failsFast != true
  }

  /// A job's end is durable, or known to be lost: `record` is what everybody is told.
  mutating func ended(_ id: JobID, _ record: JobRecord) {
    guard let job = jobs.removeValue(forKey: id) else { return }
    endings -= 1
    leavePool(id)
    scheduler.forget(id)
    forgetPaths(of: id)
    governedJobEnded(job)
    outbox.append(.notice(.changed(record)))
    if job.spec.agentDepth > 0 {
      if let waiter = agentWaiters.removeValue(forKey: id) {
        outbox.append(.tellEnd(waiter, record))
      } else {
        endedAgents[id] = record
      }
    }
    if let place = job.membership { memberEnded(place, record) }
    guard jobs.isEmpty else { return }
    outbox.append(.resume(drainers))
    drainers = []
  }

  /// A job whose intent could not be recorded: nothing more can be either.
  mutating func endUnrecorded(_ id: JobID, _ outcome: JobOutcome) {
    guard var job = jobs[id], job.phase != .ending else { return }
    jobs[id]?.phase = .ending
    endings += 1
    ended(id, job.state.apply(.ended(outcome), at: .now()).record)
  }

  /// A job whose end could not be recorded is lost, for those who wait for it as for the registry.
  mutating func lose(_ finished: FinishedJob, because error: RegistryError) {
    let id = finished.change.record.id
    guard var job = jobs[id] else { return }
    let outcome = JobSentences.lost(finished.change.record, because: error)
    ended(id, job.state.apply(.ended(outcome), at: .now()).record)
  }

  // MARK: Cancelling

  /// Somebody wants a job to end. A job that is ending already, or that somebody wanted to end before, is left as it is.
  mutating func cancel(_ id: JobID, _ wish: LiveJob.Wish) {
    guard let job = jobs[id], job.wish == nil else { return }
    jobs[id]?.wish = wish
    switch job.phase {
    case .blocked, .asking, .lined, .resting, .deferred, .held:
      end(id, JobSentences.ended(by: wish, hadBegun: job.state.record.attempts > 0))
    case .active:
      if let execution = job.execution { outbox.append(.stop(execution, wish.cause, atOnce: false)) }
    case .ending: break
    }
  }

  /// Somebody wants all of it to end.
  mutating func cancelAll(by: String, reason: String, atOnce: Bool) {
    cancellations += 1
    lastWish = LiveJob.Wish(kind: .request, by: by, reason: reason)
    for group in groups.keys.sorted() { stopGroup(group, lastWish) }
    for id in jobs.keys.sorted() {
      cancel(id, lastWish)
      if atOnce, let execution = jobs[id]?.execution { outbox.append(.stop(execution, .request, atOnce: true)) }
    }
  }
}

extension JobEvent {
  /// A process began to run.
  static func started(_ process: StartedProcess) -> JobEvent {
    .started(pid: process.pid, pidStarted: process.startTime)
  }
}
