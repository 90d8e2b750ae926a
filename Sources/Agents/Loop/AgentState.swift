import Models
import WireText

/// What an agent does next: the loop's decisions, without any of its effects.
///
/// - `ready`: a turn may begin. `asked`: a request is out, and `answered` or `failed` follows. `calling`: calls are being made,
///   and `called` with one result for each follows. `over`: there is an end, and nothing follows.
/// - A request leaves only with a conversation in which each call has its result.
/// - Only turns count against the limit of turns; asking again for another form of the same answer has limits of its own.
struct AgentState: Sendable {
  enum Step: Sendable {
    case ask(ModelRequest)
    case call([PlannedCall])
    case end(AgentResult)
  }

  enum Phase: Equatable, Sendable {
    case ready
    case asked
    case calling([ToolCall])
    case over
  }

  let order: AgentOrder
  let tools: [String: AgentTool]
  let definitions: [ModelTool]
  let validators: [String: SchemaValidator]
  let answerValidator: SchemaValidator?
  private let toolBytes: Int
  private let schemaBytes: Int
  var conversation: Conversation
  var meter = TokenMeter()
  var counter = CallCounter()
  var phase = Phase.ready
  /// What happened since somebody last looked.
  private(set) var events: [AgentEvent] = []
  /// The present model's window, kept up to date by whoever asks the models.
  var window: Int?
  /// Words that wait for the next turn.
  var steers: [String] = []
  /// Words that have joined: a conversation that begins anew has them again.
  var heard: [String] = []

  // What was spent.
  var usage = TokenUsage()
  var cost = Money.zero
  var unpricedTurns = 0
  var turns = 0
  var lastCost: Money?

  // What counts against limits.
  var turnsUsed = 0
  /// The limit that makes the present turn the last one.
  var lastBecause: LimitReached?
  var schemaAsks = 0
  var continuations = 0
  var pauses = 0
  var wasNudged = false
  var restarts = 0
  /// Tokens that a request may have after one was found too long.
  var ceiling: Int?
  var tooLongs = 0
  /// False once a provider would not take schema and tools together.
  var sendsSchema = true
  /// What ends the agent once the present calls have their results.
  var ending: AgentFailure?

  // The answer.
  /// What came before an answer was cut off.
  var partial = ""
  var lastText = ""
  var isCutOff = false

  init(_ order: AgentOrder) {
    self.order = order
    var tools: [String: AgentTool] = [:]
    var definitions: [ModelTool] = []
    for tool in order.tools where tools[tool.name] == nil {
      tools[tool.name] = tool
      definitions.append(tool.definition)
    }
    self.tools = tools
    self.definitions = definitions
    validators = tools.mapValues { SchemaValidator($0.definition.schema) }
    answerValidator = order.schema.map { SchemaValidator($0) }
    toolBytes = definitions.reduce(200) { sum, tool in
      sum + tool.name.utf8.count + tool.description.utf8.count + tool.schema.description.utf8.count + 80
    }
    schemaBytes = order.schema.map { $0.description.utf8.count + 100 } ?? 0
    conversation = Conversation(prompt: order.prompt, images: order.images)
  }

  mutating func tell(_ event: AgentEvent) { events.append(event) }

  mutating func takeEvents() -> [AgentEvent] {
    defer { events.removeAll() }
    return events
  }

  /// Begins.
  mutating func begin() -> Step { nextTurn() }

  /// The agent is cancelled; no call is being made any more.
  mutating func cancel() -> Step { end(.failed(.cancelled)) }

  mutating func end(_ result: AgentResult) -> Step {
    precondition(phase != .over, "an agent ended twice")
    phase = .over
    return .end(result)
  }

  /// True for a turn that may call no tool.
  var isLast: Bool { lastBecause != nil }

  // MARK: Asking

  /// The next turn. `isExtra`: it asks for the same answer once more, and is no turn of its own.
  mutating func nextTurn(isExtra: Bool = false) -> Step {
    precondition(phase == .ready, "a turn began in the phase \(phase)")
    for words in steers {
      conversation.append(user: words)
      tell(.steered(words))
    }
    heard += steers
    steers = []
    if !isExtra { turnsUsed += 1 }
    // It was the last one, and the agent went on.
    if turnsUsed > order.limits.turns { return end(.failed(.maxTurns(order.limits.turns))) }
    if let failure = spent() { return end(.failed(failure)) }
    if !isLast, let limit = limitInSight() {
      lastBecause = limit
      if !definitions.isEmpty {
        conversation.append(user: AgentState.lastWords(limit))
        tell(.lastTurn(limit))
      }
    }
    fit()
    meter.asked(bytes: fixedBytes + conversation.bytes)
    phase = .asked
    tell(.turnBegan(turns + 1))
    return .ask(request)
  }

  private var request: ModelRequest {
    var request = ModelRequest(model: "", system: system, messages: conversation.messages)
    request.tools = definitions
    request.toolChoice = isLast && !definitions.isEmpty ? .forbidden : .automatic
    request.maxTokens = order.maxTokens
    request.stop = order.stop
    request.sampling = order.sampling
    request.thinking = order.thinking
    request.effort = order.effort
    request.cache = order.cache
    request.extra = order.extra
    if let schema = order.schema, sendsSchema { request.schema = OutputSchema(schema: schema) }
    return request
  }

  private var system: String {
    guard let schema = order.schema, !sendsSchema else { return order.system }
    let rule = "Your final answer has to be one JSON value that fits this JSON Schema, and nothing else:\n\(schema)"
    return order.system.isEmpty ? rule : order.system + "\n\n" + rule
  }

  static func lastWords(_ limit: LimitReached) -> String {
    let which =
      switch limit {
      case .turns: "turns"
      case .tokens: "tokens"
      case .cost: "money"
      }
    return
      "[This is your last turn: your limit of \(which) is reached. You can call no tool any more. Give your final answer now, "
      + "from what you have found so far, and say what is missing.]"
  }

  // MARK: Limits

  private func spent() -> AgentFailure? {
    if let limit = order.limits.tokens, turns > 0, usage.total + (isLast ? 0 : estimate) > limit {
      return .maxTokens(limit: limit, spent: usage.total)
    }
    if let limit = order.limits.cost, turns > 0, cost >= limit { return .maxCost(limit: limit, spent: cost) }
    return nil
  }

  /// The limit that the turn after the next would break.
  private func limitInSight() -> LimitReached? {
    if turnsUsed >= order.limits.turns { return .turns }
    if let limit = order.limits.tokens, turns > 0, usage.total + 2 * estimate > limit { return .tokens }
    if let limit = order.limits.cost, let lastCost, cost + lastCost + lastCost > limit { return .cost }
    return nil
  }

  /// Tokens of the next request's prompt.
  var estimate: Int { meter.tokens(bytes: fixedBytes + conversation.bytes) }

  /// Bytes of a request beside its messages.
  var fixedBytes: Int { toolBytes + order.system.utf8.count + schemaBytes }

  /// Bytes of a tool's result that the model gets to see.
  var resultLimit: Int {
    guard let window else { return order.limits.toolOutput }
    return min(order.limits.toolOutput, max(window / 4 * 5 / 2, 600))
  }
}
