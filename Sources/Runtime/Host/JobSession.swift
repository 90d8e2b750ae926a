internal import Configuration
internal import Jobs
internal import LuaBindings
internal import Models
internal import Synchronization

/// The run as the registry knows it: opened by the first call that needs jobs, so that a script without any leaves
/// nothing behind and starts without waiting for a disk.
final class JobSession {
  private unowned let host: ScriptHost
  private let runID = RunID.random()
  private var engine: JobEngine?
  private var registry: Registry?
  private(set) var hasBegun = false
  /// Nobody looks a second time for what dead runs have left: so the script's end waits for that.
  private var leftoverSweep: LeftoverSweep?
  /// What the run's record says it runs.
  var script: String?
  var arguments: [String] = []
  private var pendingNotes: [Note] = []

  /// Something to be told to the registry: which, of which run, and what may not be written down.
  typealias Note = (Registry, RunID, Redaction) -> Void

  /// What answers prompts; nothing is opened before the first one.
  private var desk: AgentDesk?

  init(host: ScriptHost) { self.host = host }

  var id: RunID { runID }

  /// Where state is kept, whether or not it is there yet.
  func directory() throws(HostFailure) -> StateDirectory {
    do throws(StateDirectoryError) {
      let environment = host.options.home.map { [StateDirectory.variable: $0] } ?? WorkingFolder.stateVariable
      return try StateDirectory.locate(from: WorkingFolder.path, environment: environment)
    } catch { throw .misuse(error.description) }
  }

  /// The registry, for reading too.
  func openRegistry() throws(HostFailure) -> Registry {
    if let registry { return registry }
    let directory = try directory()
    do throws(RegistryError) {
      let opened = try Registry.open(directory, readOnly: false)
      let lost = try opened.reconcile()
      registry = opened
      let left = try opened.leftWorktrees()
      // Beside the script: what does not obey takes its time of grace.
      if !lost.isEmpty || !left.isEmpty { leftoverSweep = LeftoverSweep(of: lost, in: opened) }
      return opened
    } catch { throw .misuse(error.description) }
  }

  /// What the run's agents share.
  func agents() -> AgentDesk {
    if let desk { return desk }
    var options = AgentDesk.Options()
    options.budget = BudgetLimit(
      cost: host.options.maxCost.flatMap { Money(dollars: $0) }, tokens: host.options.maxTokens)
    options.isMocked = host.options.isDryRun
    let hasWindow = host.presentation.questions != nil, parks = host.options.parks
    options.canAsk = { hasWindow || parks }
    let presentation = host.presentation
    options.say = { presentation.say($0) }
    let made = AgentDesk(options, transport: host.transport)
    desk = made
    return made
  }

  /// Talks to an agent of this run; false if it does not run.
  func steer(_ job: JobID, _ text: String) -> Bool { engine?.steer(job, text) ?? false }

  private func settings() throws(HostFailure) -> Settings {
    do throws(AgentSettings.Failure) { return try agents().settings() } catch { throw .misuse(error.description) }
  }

  private func concurrency(_ configured: Settings) -> Int {
    host.options.saysConcurrency || !configured.isMaxConcurrentSet
      ? host.options.maxConcurrent : configured.maxConcurrent
  }

  /// How many jobs at a time a run would begin with.
  func expectedConcurrency() throws(HostFailure) -> Int {
    // What a run finds out begins with the cores.
    host.options.isConcurrencyAutomatic ? MachineLoadMeter.cores : concurrency(try settings())
  }

  /// The engine of this run, which is begun in the registry by the first call.
  func open() throws(HostFailure) -> JobEngine {
    if let engine { return engine }
    let registry = try openRegistry()
    let configured = try settings()
    host.secrets.list(configured.secrets)
    let concurrency = concurrency(configured)
    let redaction = host.secrets.redaction
    let run = RunRecord(
      id: runID, script: script.map { redaction.text($0) }, arguments: arguments.map { redaction.text($0) },
      cwd: WorkingFolder.path, owner: .current())
    do throws(RegistryError) { try registry.begin(run: run) } catch { throw .misuse(error.description) }
    hasBegun = true
    for note in pendingNotes { note(registry, runID, redaction) }
    pendingNotes = []
    registry.keepStateView(run: runID, maxConcurrent: concurrency)
    let gate = host.gate
    let made = JobEngine(
      state: registry.directory, registry: registry, run: run, maxConcurrent: concurrency,
      isAutomatic: host.options.isConcurrencyAutomatic,
      maxPerAgent: configured.maxPerAgent.merging(host.options.maxPerAgent) { $1 }, secrets: host.secrets,
      pressureLimits: host.options.pressure,
      sandbox: host.options.sandbox.flatMap(SandboxPolicy.preset(named:)).map { .policy($0) } ?? .none,
      agents: agents(), isDryRun: host.options.isDryRun,
      runFunction: { record, call in await JobSession.runFunction(record, call, gate) },
      observer: { gate.post(.job($0)) })
    engine = made
    host.meter.bind(registry, slots: concurrency)
    let backend = made.backend
    ProcessStop.jobs.withLock { jobs in
      jobs = ProcessStop.Jobs(pause: { backend.pause() }, proceed: { backend.proceed() })
    }
    let id = runID
    gate.killSwitch.withLock { killSwitch in
      killSwitch = { code in
        made.killAll()
        if !Guardian.isThere { MarkedProcesses(of: id).end(grace: .zero) }
        // What could not be recorded is found by the next process that looks: the run's owner is gone then.
        try? registry.end(run: id, status: code == 124 ? .timedOut : .cancelled, exitCode: Int(code))
      }
    }
    return made
  }

  /// Runs on the engine's side: posts, and waits for the Lua thread.
  private static func runFunction(_ record: JobRecord, _ call: FunctionCall, _ gate: HostGate) async -> FunctionOutcome
  {
    let slot = TicketSlot()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let ticket = FunctionTicket(continuation)
        gate.post(.runFunction(record, call, ticket))
        if slot.put(ticket) { gate.postUrgently(.cancelFunction(ticket, reason: "cancelled")) }
      }
    } onCancel: {
      if let ticket = slot.cancel() { gate.postUrgently(.cancelFunction(ticket, reason: "cancelled")) }
    }
  }

  /// Tells the registry something of the run: now, or when the run is begun in it.
  func noteLater(_ note: @escaping Note) {
    guard hasBegun, let registry else { return pendingNotes.append(note) }
    note(registry, runID, host.secrets.redaction)
  }

  /// Adds a line to the log of a job whose function runs.
  func log(_ job: JobID, line: [UInt8]) { engine?.log(job, line: line) }

  /// Asks the engine to end a job of this run.
  func cancel(_ job: JobID, reason: String, keepsChildren: Bool = false) {
    engine?.cancel(job, by: "script", reason: reason, keepsChildren: keepsChildren)
  }

  /// Asks the engine to end a group of this run: what has not begun is cancelled with it, not skipped for a dependency.
  func cancelGroup(_ group: String, reason: String) { engine?.cancelGroup(group, by: "script", reason: reason) }

  func cancelAll(reason: String) {
    Guardian.beginGrace()
    engine?.cancelAll(by: "agentscript", reason: reason)
  }

  /// Kills what runs, without grace.
  func killAll() { engine?.killAll() }

  /// Notes the run's end. Nothing is started afterwards.
  func end(exitCode: Int32, status: RunStatus) {
    leftoverSweep?.wait()
    desk?.closeAndWait()
    // Who takes over from the engine is not to grant the grace again.
    if let age = engine?.backend.graceAge { Guardian.beginGrace(ago: age) }
    guard hasBegun, let registry else { return }
    host.meter.unbind()
    // Where nobody else does: what has left its job's session and ignores TERM is still there.
    if !Guardian.isThere { MarkedProcesses(of: runID).end() }
    do throws(RegistryError) {
      try registry.end(run: runID, status: status, exitCode: Int(exitCode))
    } catch { host.presentation.say("agentscript: \(error.description)") }
    registry.close()
  }
}

/// The ticket of a function between two threads: whichever comes second, the ticket or its cancellation, sends the
/// message.
private final class TicketSlot: Sendable {
  private let state = Mutex<(ticket: FunctionTicket?, isCancelled: Bool)>((nil, false))

  /// True if it was cancelled already.
  func put(_ ticket: FunctionTicket) -> Bool {
    state.withLock { state in
      state.ticket = ticket
      return state.isCancelled
    }
  }

  func cancel() -> FunctionTicket? {
    state.withLock { state in
      state.isCancelled = true
      return state.ticket
    }
  }
}
