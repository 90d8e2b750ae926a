internal import Agents
import Jobs
internal import Models
import Synchronization
internal import WireText

/// One attempt of a model agent: its role, its tools, its way through the models, its end.
///
/// What it hears of comes one at a time, except progress of tools; what it tells goes into the transcript, and as steps of its
/// job to the registry.
final class AgentAttempt: Sendable {
  private struct State {
    var usage: UsageSum
    var toolCalls = 0
    var isWaiting = false
  }

  /// The longest call, in characters, that a person is asked about.
  static let longestQuestion = 2_000
  /// How deep agents may stand below one another.
  static let mostDepth = 3

  let engine: JobEngine
  let job: LiveJob
  let number: Int
  let transcript: AgentTranscript
  let control: AttemptControl
  private let bounded: BoundedRun<AgentVerdict>
  private let logLimit: Int?
  private let state: Mutex<State>

  init(
    engine: JobEngine, job: LiveJob, number: Int, transcript: AgentTranscript, bounded: BoundedRun<AgentVerdict>,
    control: AttemptControl, logLimit: Int?
  ) {
    self.engine = engine
    self.job = job
    self.number = number
    self.transcript = transcript
    self.bounded = bounded
    self.control = control
    self.logLimit = logLimit
    state = Mutex(State(usage: UsageSum(job.state.record.usage)))
  }

  var id: JobID { job.state.record.id }
  var options: AgentOptions { job.spec.agentOptions ?? AgentOptions() }
  /// What its models have taken by now, in all attempts.
  var usage: JobUsage? { state.withLock { $0.usage.jobUsage } }

  /// Works.
  func run(_ original: String) async -> AgentVerdict {
    let office: AgentDesk.Office
    do throws(AgentSettings.Failure) { office = try engine.agents.office() } catch {
      return .notBegun(.noProvider, error.description)
    }
    let prompt: String
    switch await asked(original) {
    case .success(let text): prompt = text
    case .failure(let failure): return .notBegun(.scriptError, failure.sentence)
    }
    let role: AgentRole
    do throws(Refusal) { role = try self.role(for: prompt, in: office) } catch {
      return .notBegun(.noProvider, error.sentence)
    }
    engine.perform { $0.agentAssigned(id, agent: role.name, model: nil) }
    let folder = folder(of: role, office)
    let tools: [AgentTool]
    do throws(Refusal) { tools = try await self.tools(of: role, folder, office) } catch {
      return .notBegun(.spawnFailed, error.sentence)
    }
    office.models.setLimit(limit(office), of: id.rawValue)
    do throws(ModelFailure) {
      let session = try await session(role, prompt, tools, office)
      let order = await order(role, prompt, tools, folder, office)
      let run = AgentRun(order, surroundings(session, role, office))
      engine.agents.came(id, run, order.permissions)
      defer { engine.agents.left(id) }
      return .ended(await run.run())
    } catch {
      return .notBegun(JobSentences.reason(error), Escaping.line(error.description, limit: 2_000))
    }
  }

  /// The number of the next command of its.
  func nextToolCall() -> Int {
    state.withLock { state in
      state.toolCalls += 1
      return state.toolCalls
    }
  }

  /// Why it cannot begin.
  struct Refusal: Error {
    let sentence: String
  }

  // MARK: What it is asked

  private func asked(_ original: String) async -> Result<String, PromptSimplification.Failure> {
    guard number > 1, job.spec.simplify != nil else { return .success(original) }
    return await simpler(original, attempt: number, error: job.state.record.error ?? "")
  }

  private func simpler(
    _ original: String, attempt: Int, error: String
  ) async -> Result<String, PromptSimplification.Failure> {
    let previous = engine.look { $0.jobs[id]?.lastPrompt }
    let made = await engine.prompt(
      of: job, original: original, attempt: attempt, previous: previous ?? original, error: error)
    if case .success(let text) = made {
      engine.perform { $0.jobs[id]?.lastPrompt = text }
      if text != original { transcript.mark("SIMPLER", String(text.prefix(500))) }
    }
    return made
  }

  private func role(for prompt: String, in office: AgentDesk.Office) throws(Refusal) -> AgentRole {
    if let name = job.spec.agent {
      if let role = office.roles[name] { return role }
      let names = office.roles.names
      let guess = NearMiss.best(for: name, among: names).map { "did you mean '\($0)'?" }
      let untrusted = office.settings.notes.first.map { " (\($0))" } ?? ""
      throw Refusal(
        sentence:
          "there is no agent '\(Escaping.line(name, limit: 64))'; \(guess ?? "there are " + names.joined(separator: ", "))"
          + untrusted)
    }
    let (role, why) = office.roles.select(for: prompt)
    transcript.mark("AGENT", "\(role.name) was selected: \(why)")
    return role
  }

  private func folder(of role: AgentRole, _ office: AgentDesk.Office) -> String {
    let base = job.workingFolder ?? office.settings.folder
    guard job.spec.cwd == nil, job.worktree == nil, let folder = role.workdir else { return base }
    return folder.hasPrefix("/") ? folder : base + "/" + folder
  }

  // MARK: Its order

  private func limit(_ office: AgentDesk.Office) -> BudgetLimit {
    BudgetLimit(
      cost: options.maxCost ?? office.settings.maxCost, tokens: options.maxTokens ?? office.settings.maxTokens)
  }

  private func session(
    _ role: AgentRole, _ prompt: String, _ tools: [AgentTool], _ office: AgentDesk.Office
  ) async throws(ModelFailure) -> ModelSession {
    let isOpen = options.model == nil && options.tier == nil && role.model == nil && role.tier == nil
    var query = RouteQuery(
      model: options.model ?? (isOpen ? office.settings.model : nil), tier: options.tier, agent: role.name,
      prompt: prompt, fallbacks: options.fallbacks,
      needsTools: !tools.isEmpty)
    query.tokens = TokenEstimate.tokens(bytes: prompt.utf8.count + role.system.utf8.count)
    let accounts = engine.accounts(of: job)
    var simpler: (@Sendable () async -> String?)?
    if job.spec.simplify != nil {
      simpler = { [self] in try? await self.simpler(prompt, attempt: number + 1, error: "the model failed").get() }
    }
    let tell: @Sendable (ModelNotice) -> Void = { [self] in hear($0, role) }
    do throws(ModelFailure) {
      return try await office.models.session(
        query, accounts: accounts, priority: Int(job.priority), simpler: simpler, tell: tell)
    } catch {
      // A role that was written for another program may name a model that cannot be had here.
      guard case .unknownModel(let sentence) = error, options.model == nil, options.tier == nil, role.model != nil
      else {
        throw error
      }
      transcript.mark("AGENT", "\(role.name) names a model that is not known here, and gets another: \(sentence)")
      query.agent = nil
      query.tier = role.tier
      return try await office.models.session(
        query, accounts: accounts, priority: Int(job.priority), simpler: simpler, tell: tell)
    }
  }

  private func order(
    _ role: AgentRole, _ prompt: String, _ tools: [AgentTool], _ folder: String, _ office: AgentDesk.Office
  ) async -> AgentOrder {
    var limits = AgentLimits(turns: options.maxTurns ?? role.maxTurns ?? office.settings.maxTurns)
    let limit = limit(office)
    limits.tokens = limit.tokens
    limits.cost = limit.cost
    var order = AgentOrder(
      name: role.name, system: await system(role, folder), prompt: prompt, tools: tools, limits: limits,
      schema: options.schema, permissions: permissions(role, office), folder: folder)
    order.cache = options.cache ?? .short
    order.sampling = options.sampling
    order.thinking = options.thinking
    order.effort = options.effort ?? role.effort
    return order
  }

  private func permissions(_ role: AgentRole, _ office: AgentDesk.Office) -> PermissionPolicy {
    let own = AgentPermissions.policy(
      role, mode: options.permissionMode, office.settings, scriptTools: options.scriptTools.map(\.name))
    guard job.spec.agentDepth > 0, let parent = job.state.record.parent else { return own }
    return engine.agents.permissions(of: parent).map { own.narrowed(by: $0) } ?? own
  }

  /// The system prompt: the role's or the task's own words, where it works, and what it has noted in earlier runs.
  private func system(_ role: AgentRole, _ folder: String) async -> String {
    var text = options.system ?? role.system
    text += "\n\nYou work in the folder \(folder). Today is \(Timestamp.now().withoutFraction.prefix(10))."
    do throws(MemoryError) {
      if let memory = try await AgentMemory(of: role)?.prompt() { text += "\n\n" + memory }
    } catch { transcript.mark("MEMORY", error.description) }
    return text
  }

  // MARK: What it hears

  private func surroundings(_ session: ModelSession, _ role: AgentRole, _ office: AgentDesk.Office) -> AgentSurroundings
  {
    AgentSurroundings(
      turn: { [self] request, onEvents async throws(ModelFailure) -> ModelTurn in
        try await session.turn(request) { [bounded] events in
          bounded.showLife()
          await onEvents(events)
        }
      },
      window: { session.model.window },
      permit: { [self] in await permit($0, office) },
      tell: { [self] in take($0) })
  }

  private func take(_ event: AgentEvent) {
    bounded.showLife()
    transcript.take(event)
    switch event {
    case .toolCalled(let call):
      bounded.excuseBegins()
      report("\(call.name) \(Escaping.line(call.arguments, limit: 80))")
    case .toolAnswered: bounded.excuseEnds()
    case .toolProgress(_, let line): report(Escaping.line(line, limit: 120))
    default: break
    }
    if let logLimit, let limit = job.spec.limits.output, transcript.size > logLimit { bounded.stop(.output(limit)) }
  }

  private func report(_ text: String) {
    engine.perform { $0.progressed(id, [ProgressReport(fraction: nil, text: text)]) }
  }

  /// What happens to it on its way through the models.
  private func hear(_ notice: ModelNotice, _ role: AgentRole) {
    switch notice {
    case .chosen(let decision):
      guard let model = decision.chosen else { return }
      let why = decision.explanation(now: GateFile.now()).first ?? ""
      transcript.mark("AGENT", "\(role.name), \(model.name): \(why)")
      engine.perform { $0.agentAssigned(id, agent: role.name, model: model.name.description) }
    case .waits(let wait): waits(WaitCause(wait))
    case .waitsForBudget(let refusal):
      waits(WaitCause(reason: "budget", text: "waits for other calls to end: \(refusal)"))
    case .goesOn: goesOn()
    case .retries(let time, let error): transcript.mark("RETRY", "in \(JobSentences.text(time)): \(error)")
    case .falls(let model, let error):
      transcript.mark("FALLBACK", "\(model.name) instead: \(error)")
      engine.perform { $0.agentAssigned(id, agent: nil, model: model.name.description) }
    case .escalates(let model, let error):
      transcript.mark("ESCALATE", "\(model.name) instead: \(error)")
      engine.perform { $0.agentAssigned(id, agent: nil, model: model.name.description) }
    case .simplifies: break
    case .spent(let usage, let cost, let model): spent(usage, cost, model)
    case .budget(let account, let share):
      engine.perform { $0.tell(.budget(account: account, share: share), of: id) }
    }
  }

  private func waits(_ wait: WaitCause) {
    let isNew = state.withLock { state in
      defer { state.isWaiting = true }
      return !state.isWaiting
    }
    if isNew {
      bounded.excuseBegins()
      transcript.mark("WAIT", wait.text)
    }
    engine.perform { state in
      state.agentWaits(id, wait)
      if isNew { state.tell(.rateLimited(wait), of: id) }
    }
  }

  private func goesOn() {
    let waited = state.withLock { state in
      defer { state.isWaiting = false }
      return state.isWaiting
    }
    guard waited else { return }
    bounded.excuseEnds()
    engine.perform { $0.agentGoesOn(id) }
  }

  private func spent(_ usage: TokenUsage, _ cost: Money?, _ model: ModelName) {
    let sum = state.withLock { state in
      state.usage.add(usage, cost, model)
      return state.usage.jobUsage
    }
    if let sum { engine.perform { $0.agentSpent(id, sum) } }
  }

  // MARK: Permissions

  /// What has to be asked is asked: a person, or the configuration in his place.
  private func permit(_ question: PermissionQuestion, _ office: AgentDesk.Office) async -> PermissionAnswer {
    guard office.settings.parksOnAsk || engine.agents.options.canAsk() else {
      return .deny(
        "nobody is there to allow it; the configuration's permissions or the task's permission_mode can")
    }
    let given = question.subject ?? JSONValue.object(question.arguments).description
    // What a person allows he has to have seen whole.
    guard given.unicodeScalars.count <= AgentAttempt.longestQuestion else {
      return .deny(
        "it is too long to be shown to a person (\(given.utf8.count) bytes): make it shorter, or put it into a file")
    }
    let subject = Escaping.line(given, limit: AgentAttempt.longestQuestion)
    let name = Escaping.line(job.state.record.name ?? id.rawValue, limit: 80)
    let text = "Agent \(question.agent) of \(name) wants to call \(question.tool): \(subject) — allow it?"
    let short = Escaping.line(given, limit: 200)
    engine.perform {
      $0.agentWaits(id, WaitCause(reason: "person", text: "waits for a permission: \(question.tool) \(short)"))
    }
    bounded.excuseBegins()
    defer {
      bounded.excuseEnds()
      engine.perform { $0.agentGoesOn(id) }
    }
    let asked = AgentQuestion(agent: question.agent, text: text, parks: office.settings.parksOnAsk)
    switch await engine.callFunction(of: job.state.record, .permission(asked)) {
    case .returned(let output, _) where output == Array("allow".utf8): return .allow
    case .returned(let output, _) where output == Array("end".utf8): return .end("a person ended it")
    case .returned: return .deny("a person said no")
    case .raised(let message, _): return .deny(message)
    case .cancelled, .decided: return .deny("the question was withdrawn")
    }
  }
}

extension WaitCause {
  /// A wait at a provider's gate.
  init(_ wait: GateWait) {
    let left = wait.until.map { $0 - GateFile.now() }
    let until = left.map { Timestamp(milliseconds: Timestamp.now().milliseconds + Int64($0 / .milliseconds(1))) }
    let time = left.map { " for \(JobSentences.text(.seconds(max(1, Int($0 / .seconds(1))))))" } ?? ""
    self.init(
      reason: wait.reason.rawValue, text: "waits at the provider's gate\(time): \(wait.reason.words)", until: until)
  }
}

extension GateWait.Reason {
  /// What is waited for.
  var words: String {
    rawValue.split(separator: "_").joined(separator: " ")
  }
}
