import Agents
import Models
import Synchronization
import WireText

/// A model that says what a test has written down, and remembers what it was asked.
final class ScriptedModel: Sendable {
  typealias Answer = @Sendable (ModelRequest) async throws(ModelFailure) -> ModelTurn

  private struct State {
    var answers: [Answer]
    var requests: [ModelRequest] = []
    var events: [AgentEvent] = []
    var questions: [PermissionQuestion] = []
  }

  static let name = ModelName(provider: "mock", model: "scripted")
  private let state: Mutex<State>
  private let window: Int?
  private let answer: PermissionAnswer

  /// The last answer is given again when there are no more.
  init(_ answers: [Answer], window: Int? = nil, permission: PermissionAnswer = .allow) {
    state = Mutex(State(answers: answers))
    self.window = window
    answer = permission
  }

  var requests: [ModelRequest] { state.withLock { $0.requests } }
  var events: [AgentEvent] { state.withLock { $0.events } }
  var questions: [PermissionQuestion] { state.withLock { $0.questions } }

  /// What was answered to calls, in the order in which it became known.
  var reports: [ToolReport] {
    events.compactMap { event in if case .toolAnswered(let report) = event { report } else { nil } }
  }

  var surroundings: AgentSurroundings {
    AgentSurroundings(
      turn: { [self] request, onEvents throws(ModelFailure) in
        let answer = state.withLock { state in
          state.requests.append(request)
          return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
        }
        let turn = try await answer(request)
        let text = turn.reply.text
        if !text.isEmpty { await onEvents([.text(text)]) }
        return turn
      },
      window: { [window] in window },
      permit: { [self] question in
        state.withLock { $0.questions.append(question) }
        return answer
      },
      tell: { [self] event in state.withLock { $0.events.append(event) } })
  }

  func run(_ order: AgentOrder) async -> AgentEnd { await AgentRun(order, surroundings).run() }

  // MARK: Answers

  static func turn(
    _ parts: [MessagePart], stop: StopReason = .endOfTurn, usage: TokenUsage = TokenUsage(input: 10, output: 5),
    cost: Money? = nil
  ) -> ModelTurn {
    let reply = ModelReply(id: nil, model: nil, parts: parts, usage: usage, stopReason: stop)
    return ModelTurn(reply: reply, model: name, usage: usage, cost: cost)
  }

  static func says(_ text: String, stop: StopReason = .endOfTurn) -> Answer {
    { _ throws(ModelFailure) in turn([.text(text)], stop: stop) }
  }

  static func calls(_ calls: (String, String)..., id: String = "call") -> Answer {
    let parts = calls.enumerated().map { place, call in
      MessagePart.toolCall(ToolCall(id: "\(id)\(place)", name: call.0, arguments: call.1))
    }
    return { _ throws(ModelFailure) in turn(parts, stop: .toolUse) }
  }

  static func gives(_ parts: [MessagePart], stop: StopReason) -> Answer {
    { _ throws(ModelFailure) in turn(parts, stop: stop) }
  }

  static func decides(_ decide: @escaping @Sendable (ModelRequest) -> ModelTurn) -> Answer {
    { request throws(ModelFailure) in decide(request) }
  }

  static func fails(_ failure: ModelFailure) -> Answer { { _ throws(ModelFailure) in throw failure } }

  static func fails(_ kind: ProviderError.Kind) -> Answer {
    { _ throws(ModelFailure) in throw .provider(ProviderError(kind: kind, message: ""), tried: []) }
  }
}

extension AgentEnd {
  var answer: String? { if case .answered(let text, _) = result { text } else { nil } }
  var data: JSONValue? { if case .answered(_, let data) = result { data } else { nil } }
  var failure: AgentFailure? { if case .failed(let failure) = result { failure } else { nil } }
}

extension AgentTool {
  /// A tool that says what it was given.
  static func echo(_ name: String = "echo", kind: ToolKind = .reads) -> AgentTool {
    AgentTool(
      ModelTool(
        name: name, description: "Says it.",
        schema: ["type": "object", "properties": ["text": ["type": "string"]], "required": ["text"]]), kind: kind
    ) { input, _ in ToolOutcome(input["text"]?.string ?? "") }
  }
}

extension ModelRequest {
  /// The ids of calls without a result, and of results without a call, in the place where they have to stand.
  var unpaired: [String] {
    var wrong: [String] = []
    var open: [String] = []
    for message in messages {
      var results: [String] = []
      for part in message.parts {
        if case .toolResult(let result) = part { results.append(result.callID) }
      }
      if results != open { wrong += open + results }
      open = message.parts.compactMap { part in if case .toolCall(let call) = part { call.id } else { nil } }
    }
    return wrong + open
  }
}
