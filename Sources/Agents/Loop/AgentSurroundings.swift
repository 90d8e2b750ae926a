public import Models
public import WireText

/// What an agent's loop needs of the world.
public struct AgentSurroundings: Sendable {
  /// Asks the model: one request, one answer, pieces of it as they come. The model's name in the request is the asked one's
  /// to fill in. Ends soon after its Swift task is cancelled.
  public var turn:
    @Sendable (ModelRequest, @escaping @Sendable ([ModelEvent]) async -> Void) async throws(ModelFailure) -> ModelTurn
  /// How many tokens the present model's window has; nil if nobody knows.
  public var window: @Sendable () -> Int?
  /// Asks a person, or whoever decides in one's place, whether a call may be made; called only where the policy says `ask`.
  public var permit: @Sendable (PermissionQuestion) async -> PermissionAnswer
  /// Hears what happens, in order and one at a time, except `toolProgress`, which may come while another is being told. The
  /// agent waits meanwhile.
  public var tell: @Sendable (AgentEvent) async -> Void

  /// Surroundings. Where nobody permits, what has to be asked is denied.
  public init(
    turn:
      @escaping @Sendable (ModelRequest, @escaping @Sendable ([ModelEvent]) async -> Void) async throws(ModelFailure)
      -> ModelTurn,
    window: @escaping @Sendable () -> Int? = { nil },
    permit: @escaping @Sendable (PermissionQuestion) async -> PermissionAnswer = { _ in
      .deny("nobody is there to be asked")
    },
    tell: @escaping @Sendable (AgentEvent) async -> Void = { _ in }
  ) {
    self.turn = turn
    self.window = window
    self.permit = permit
    self.tell = tell
  }
}

/// A call of a tool that somebody has to allow.
public struct PermissionQuestion: Hashable, Sendable {
  /// The agent's name.
  public var agent: String
  /// The call's id.
  public var callID: String
  /// The tool's name.
  public var tool: String
  /// What the tool does to the world.
  public var kind: ToolKind
  /// The path, command or URL of the call. It comes from a model: whoever shows it has to escape it.
  public var subject: String?
  /// The call's arguments.
  public var arguments: JSONObject
  /// Why it is asked, as a clause.
  public var why: String
}

/// What was said to a question.
public enum PermissionAnswer: Hashable, Sendable {
  /// The call may be made.
  case allow
  /// It may not, for this reason; the agent is told so, and goes on.
  case deny(String)
  /// It may not, and the agent ends with `permissionDenied`.
  case end(String)
}
