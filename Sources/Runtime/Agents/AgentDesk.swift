internal import Agents
internal import Configuration
internal import Dispatch
internal import Jobs
internal import Models
import Synchronization

/// What the model agents of a run share: the models, the roles, the servers of tools, what may be spent. Nothing of it is read,
/// sent or started before the first prompt.
final class AgentDesk: Sendable {
  /// What the run says about its agents.
  struct Options: Sendable {
    /// What all of the run may spend.
    var budget = BudgetLimit()
    /// Every call of a model is answered by the mock.
    var isMocked = false
    /// Whether somebody can answer when a permission is to be asked for.
    var canAsk: @Sendable () -> Bool = { false }
    /// Tells people something.
    var say: @Sendable (String) -> Void = { _ in }
    /// The folder that the run was started in.
    var folder = WorkingFolder.path
    /// The environment that says where the configuration is, and holds the keys.
    var environment = JobEnvironment().variables
  }

  /// All that agents need, once it was looked for.
  struct Office: Sendable {
    let settings: AgentSettings
    let models: ModelDesk
    let roles: AgentRoles
    let servers: ToolServers
    let transport: HTTPTransport
  }

  private struct State {
    var settings: Result<Settings, AgentSettings.Failure>?
    var keptFromCommands: [String: String?]?
    var office: Result<Office, AgentSettings.Failure>?
    /// The limits of accounts that were set before there was an office.
    var limits: [String: BudgetLimit] = [:]
    var steering: [JobID: AgentRun] = [:]
    /// What the agents that work now are allowed: those that work for them are allowed no more.
    var permissions: [JobID: PermissionPolicy] = [:]
  }

  /// The account of the run as a whole.
  static let runAccount = "run"

  let options: Options
  private let state = Mutex(State())
  private let transport: HTTPTransport

  /// A desk that opens when the first agent comes.
  init(
    _ options: Options = Options(),
    transport: HTTPTransport = HTTPTransport { MonotonicTime.now.nanoseconds }
  ) {
    self.options = options
    self.transport = transport
  }

  /// The variables that hold keys of providers, taken away: no command gets one that its task does not name.
  var keptFromCommands: [String: String?] {
    let known = state.withLock { state in
      if let kept = state.keptFromCommands { return kept }
      var kept: [String: String?] = [:]
      for provider in ModelProvider.presets { if let name = provider.keyVariable { kept[name] = .some(nil) } }
      if case .success(let settings) = settings(&state) {
        for provider in settings.models.providers { if let name = provider.keyVariable { kept[name] = .some(nil) } }
      }
      state.keptFromCommands = kept
      return kept
    }
    return known
  }

  /// What agents need; looked for by the first who asks.
  func office() throws(AgentSettings.Failure) -> Office {
    let (office, isNew) = state.withLock { state in
      if let office = state.office { return (office, false) }
      let limits = state.limits
      let made = settings(&state).flatMap { settings in
        Result { () throws(AgentSettings.Failure) in try make(settings, limits) }
      }
      state.office = made
      return (made, true)
    }
    let found = try office.get()
    if isNew { for note in found.settings.notes { options.say("agentscript: \(Escaping.line(note, limit: 500))") } }
    return found
  }

  /// The configuration; read by the first who asks.
  func settings() throws(AgentSettings.Failure) -> Settings {
    try state.withLock { state in settings(&state) }.get()
  }

  private func settings(_ state: inout sending State) -> Result<Settings, AgentSettings.Failure> {
    if let settings = state.settings { return settings }
    let (environment, folder) = (options.environment, options.folder)
    let loaded = Result { () throws(AgentSettings.Failure) in try AgentSettings.load(environment, folder: folder) }
    state.settings = loaded
    return loaded
  }

  private func make(_ settings: Settings, _ limits: [String: BudgetLimit]) throws(AgentSettings.Failure) -> Office {
    let settings = try AgentSettings(
      settings, environment: options.environment, folder: options.folder, isMocked: options.isMocked)
    let models = ModelDesk(
      settings.models, transport: transport, gateFolder: MachineSlots.folder(settings.environment))
    models.setLimit(runLimit(settings.budget), of: AgentDesk.runAccount)
    for (account, limit) in limits { models.setLimit(limit, of: account) }
    return Office(
      settings: settings, models: models, roles: settings.roles,
      servers: ToolServers(settings.servers, folder: settings.folder, say: options.say), transport: transport)
  }

  /// What was looked for so far; nil if no agent has come yet.
  var openOffice: Office? { state.withLock { try? $0.office?.get() } }

  /// How long an agent may take, where the configuration says so.
  var timeLimit: Duration? { (try? settings())?.limits.timeout }

  /// Ends the servers of tools. Blocks the calling thread, which must not be one of the concurrency pool.
  func closeAndWait() {
    guard let servers = openOffice?.servers, !servers.isEmpty else { return }
    let isOver = DispatchSemaphore(value: 0)
    Task {
      await servers.close()
      isOver.signal()
    }
    _ = isOver.wait(timeout: .now() + .seconds(6))
  }

  // MARK: Money

  /// Limits what an account may spend: a job's, a group's, the run's.
  func setLimit(_ limit: BudgetLimit, of account: String) {
    let office = state.withLock { state -> Office? in
      state.limits[account] = limit
      return try? state.office?.get()
    }
    office?.models.setLimit(limit, of: account)
  }

  /// The limit of an account; the run's may also be the configuration's, which is known once an agent has come.
  func limit(of account: String) -> BudgetLimit {
    if let limit = state.withLock({ $0.limits[account] }) { return limit }
    guard account == AgentDesk.runAccount else { return BudgetLimit() }
    return runLimit((try? settings())?.budget ?? BudgetLimit())
  }

  private func runLimit(_ configured: BudgetLimit) -> BudgetLimit {
    BudgetLimit(cost: options.budget.cost ?? configured.cost, tokens: options.budget.tokens ?? configured.tokens)
  }

  /// What was spent in an account.
  func spent(_ account: String) -> BudgetSpending { openOffice?.models.spent(account) ?? BudgetSpending() }

  /// What is left in an account that has a limit.
  func remaining(_ account: String) -> BudgetLimit {
    let limit = limit(of: account), spent = spent(account)
    let cost = openOffice?.models.remaining(account) ?? limit.cost.map { $0 - spent.cost }
    return BudgetLimit(cost: cost, tokens: limit.tokens.map { max(0, $0 - spent.usage.total) })
  }

  // MARK: Steering

  /// An agent works from here on, with these permissions, until `left`.
  func came(_ id: JobID, _ run: AgentRun, _ permissions: PermissionPolicy) {
    state.withLock { state in
      state.steering[id] = run
      state.permissions[id] = permissions
    }
  }

  func left(_ id: JobID) {
    state.withLock { state in
      state.steering[id] = nil
      state.permissions[id] = nil
    }
  }

  /// What an agent that works is allowed.
  func permissions(of id: JobID) -> PermissionPolicy? { state.withLock { $0.permissions[id] } }

  /// Talks to an agent that runs; false if there is none.
  func steer(_ id: JobID, _ text: String) -> Bool {
    guard let run = state.withLock({ $0.steering[id] }) else { return false }
    run.steer(text)
    return true
  }
}
