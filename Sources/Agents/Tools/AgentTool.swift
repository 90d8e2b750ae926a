public import Models
public import WireText

/// What a tool does to the world, as far as permissions and order differ by it.
public enum ToolKind: String, Hashable, Sendable, CaseIterable {
  /// It looks at files. Such calls of one turn may run side by side.
  case reads
  /// It changes files.
  case writes
  /// It runs programs.
  case executes
  /// It talks to other machines.
  case network
  /// It does what only its maker knows: a function of the script, a tool of a server.
  case other
}

/// A tool that an agent may call: what the model is told of it, and what happens.
public struct AgentTool: Sendable {
  /// What the model is told.
  public var definition: ModelTool
  /// What it does to the world.
  public var kind: ToolKind
  /// What a permission's pattern is compared with: the path, the command, the URL; nil where a call has no such thing.
  public var subject: @Sendable (JSONObject) -> String?
  /// Does it. The arguments are an object, and otherwise as the model wrote them. It ends soon after its Swift task is cancelled.
  public var run: @Sendable (JSONObject, ToolContext) async -> ToolOutcome

  /// A tool by its parts.
  public init(
    _ definition: ModelTool, kind: ToolKind, subject: @escaping @Sendable (JSONObject) -> String? = { _ in nil },
    run: @escaping @Sendable (JSONObject, ToolContext) async -> ToolOutcome
  ) {
    self.definition = definition
    self.kind = kind
    self.subject = subject
    self.run = run
  }

  /// Its name.
  public var name: String { definition.name }
}

/// What a call of a tool knows of its surroundings.
public struct ToolContext: Sendable {
  /// The id of the call.
  public var callID: String
  /// The folder that relative paths start from, absolute.
  public var folder: String
  /// Tells how far the call is, as one line for the transcript.
  public var tell: @Sendable (String) -> Void
  /// False for a path that the agent's permissions deny to be read; a path as permissions name it: below the folder relative to
  /// it, else absolute. Tools that look at many files leave such ones out.
  public var maySee: @Sendable (String) -> Bool = { _ in true }
  /// Bytes of the answer that the model gets to see. A tool that can give less at once does so, and says how to get the rest.
  public var room = 32_000

  /// The surroundings of a call.
  public init(callID: String, folder: String, tell: @escaping @Sendable (String) -> Void = { _ in }) {
    self.callID = callID
    self.folder = folder
    self.tell = tell
  }
}

/// What a tool answered.
public struct ToolOutcome: Hashable, Sendable {
  /// The answer.
  public var text: String
  /// Pictures that belong to it.
  public var images: [ModelImage]
  /// True if the tool failed, and the text says why.
  public var isError: Bool

  /// An answer.
  public init(_ text: String, images: [ModelImage] = [], isError: Bool = false) {
    self.text = text
    self.images = images
    self.isError = isError
  }

  /// A failure, in a sentence for the model.
  public static func failure(_ sentence: String) -> ToolOutcome { ToolOutcome(sentence, isError: true) }
}
