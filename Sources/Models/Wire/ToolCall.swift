public import WireText

/// A model's wish to have a tool called.
public struct ToolCall: Hashable, Sendable {
  /// What the result has to be labelled with.
  public var id: String
  /// The tool's name as the model wrote it: it may be none of ours.
  public var name: String
  /// The arguments as the model wrote them: they may be no JSON at all. Empty stands for no arguments.
  public var arguments: String

  /// A call by its parts.
  public init(id: String, name: String, arguments: String) {
    self.id = id
    self.name = name
    self.arguments = arguments
  }

  /// The arguments as an object. Throws when they are no JSON; nil when they are JSON but no object.
  public func input() throws(JSONError) -> JSONObject? {
    if arguments.utf8.allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) { return JSONObject() }
    return try JSONReader.read(arguments).object
  }

  /// What goes back to a provider: the object, or for arguments that are none an object that holds their text, because no
  /// provider takes a conversation with broken JSON in it.
  var sendableInput: JSONObject {
    if let object = try? input() { return object }
    return JSONObject([JSONObject.Member(key: "invalid_json", value: .string(arguments))])
  }
}

/// What a tool answered.
public struct ToolResult: Hashable, Sendable {
  /// The id of the call.
  public var callID: String
  /// The answer.
  public var text: String
  /// Pictures that belong to it. Chat Completions has no place for them: there a note stands instead.
  public var images: [ModelImage]
  /// True if the tool failed. Chat Completions has no place for that either: the text begins with "Error: " there.
  public var isError: Bool

  /// The answer to a call.
  public init(callID: String, text: String, images: [ModelImage] = [], isError: Bool = false) {
    self.callID = callID
    self.text = text
    self.images = images
    self.isError = isError
  }
}

/// A tool that a model may call.
public struct ModelTool: Hashable, Sendable {
  /// Its name: letters, digits, `_` and `-`, at most 64.
  public var name: String
  /// What it is for.
  public var description: String
  /// The JSON Schema of its arguments.
  public var schema: JSONValue

  /// A tool by its parts.
  public init(name: String, description: String, schema: JSONValue) {
    self.name = name
    self.description = description
    self.schema = schema
  }
}

/// Whether a model has to call a tool.
public enum ToolChoice: Hashable, Sendable {
  /// As it likes.
  case automatic
  /// Some tool.
  case required
  /// None, though it knows of them.
  case forbidden
  /// This one.
  case named(String)
}
