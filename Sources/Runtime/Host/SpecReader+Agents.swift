internal import LuaBindings
internal import Models
internal import WireText

// What a task with a prompt says about its agent.
extension SpecReader {
  private static let permissionModes = ["default", "acceptEdits", "plan", "bypass", "dontAsk"]

  /// model, tier, fallback_models, system, schema, max_turns, max_tokens, max_cost, tools, disallowed_tools,
  /// permission_mode, cache, temperature, top_p, top_k, thinking, effort.
  static func readAgent(
    _ options: inout OptionReader, _ request: inout TaskRequest, hasWork: Bool
  ) throws(HostFailure) {
    var agent = AgentOptions()
    agent.model = try word("model", &options)
    agent.tier = try readTier(&options)
    agent.fallbacks = try options.texts("fallback_models", "fallbacks") ?? []
    agent.system = try options.text("system")
    agent.schema = try schema("schema", &options)
    agent.maxTurns = try options.count("max_turns", in: 1...10_000)
    agent.maxTokens = try options.count("max_tokens", in: 1...Int.max)
    agent.maxCost = try money("max_cost", &options)
    try readTools(&options, &agent, &request.functions)
    agent.disallowedTools = try options.texts("disallowed_tools", "disallowedTools") ?? []
    if let mode = try options.text("permission_mode") {
      guard permissionModes.contains(mode) else {
        throw options.failure("permission_mode", .text(mode), "one of \(permissionModes.joined(separator: ", "))")
      }
      agent.permissionMode = mode
    }
    agent.cache = try readCache(&options)
    try readSampling(&options, &agent)
    let isPrompt = if case .prompt = request.spec.work { true } else { false }
    if !isPrompt, hasWork, !agent.isEmpty {
      let given = given(agent)
      throw .misuse("\(options.subject): \(given) belongs to tasks with a prompt")
    }
    request.spec.agentOptions = agent.isEmpty ? nil : agent
  }

  /// The first option that was given, for the sentence that it does not belong here.
  private static func given(_ agent: AgentOptions) -> String {
    let all: [(String, Bool)] = [
      ("model", agent.model != nil), ("tier", agent.tier != nil), ("fallback_models", !agent.fallbacks.isEmpty),
      ("system", agent.system != nil), ("schema", agent.schema != nil), ("max_turns", agent.maxTurns != nil),
      ("max_tokens", agent.maxTokens != nil), ("max_cost", agent.maxCost != nil),
      ("tools", agent.tools != nil || !agent.scriptTools.isEmpty), ("disallowed_tools", !agent.disallowedTools.isEmpty),
      ("permission_mode", agent.permissionMode != nil), ("cache", agent.cache != nil),
      ("temperature", agent.sampling.temperature != nil), ("top_p", agent.sampling.topP != nil),
      ("top_k", agent.sampling.topK != nil), ("thinking", agent.thinking != nil),
    ]
    return all.first(where: \.1)?.0 ?? "effort"
  }

  private static func word(_ name: String, _ options: inout OptionReader) throws(HostFailure) -> String? {
    guard let text = try options.text(name) else { return nil }
    if text.allSatisfy(\.isWhitespace) { throw options.failure(name, .text(text), "a name") }
    return text
  }

  private static func readTier(_ options: inout OptionReader) throws(HostFailure) -> String? {
    guard let word = try options.text("tier") else { return nil }
    // The configuration may have further words: these are told of when the model is chosen.
    if word.allSatisfy(\.isWhitespace) {
      throw options.failure("tier", .text(word), "one of \(ModelTier.words.joined(separator: ", "))")
    }
    return word
  }

  /// An amount of US dollars.
  static func money(_ name: String, _ options: inout OptionReader) throws(HostFailure) -> Money? {
    guard let (_, value) = try options.take(name) else { return nil }
    guard let money = money(value) else { throw options.failure(name, value, "US dollars: a number from 0 on") }
    return money
  }

  static func money(_ value: LuaValue) -> Money? {
    switch value {
    case .integer, .number: value.double.flatMap { $0 >= 0 ? Money(dollars: $0) : nil }
    default: nil
    }
  }

  /// A JSON Schema: a table, or its JSON text.
  private static func schema(_ name: String, _ options: inout OptionReader) throws(HostFailure) -> JSONValue? {
    guard let (_, value) = try options.take(name) else { return nil }
    return try schema(value, "\(options.subject): \(name)")
  }

  static func schema(_ value: LuaValue, _ subject: String) throws(HostFailure) -> JSONValue {
    switch value {
    case .table:
      guard let schema = try? JSONReader.read(LuaJSON.text(value)) else {
        throw .misuse("\(subject) cannot be written as JSON")
      }
      return schema
    case .string:
      do throws(JSONError) {
        let schema = try JSONReader.read(value.text ?? "")
        if schema.object != nil { return schema }
      } catch { throw .misuse("\(subject) is no JSON: \(error)") }
      throw .misuse("\(subject) must be a JSON Schema: an object")
    default: throw .misuse("\(subject) must be a JSON Schema, as a table or as JSON, not \(OptionReader.show(value))")
    }
  }

  private static func readCache(_ options: inout OptionReader) throws(HostFailure) -> CachePolicy? {
    guard let (name, value) = try options.take("cache") else { return nil }
    switch value {
    case .boolean(false), "off": return .off
    case .boolean(true), "short": return .short
    case "long": return .long
    default: throw options.failure(name, value, "\"off\", \"short\" (about five minutes) or \"long\" (about an hour)")
    }
  }

  private static func readSampling(_ options: inout OptionReader, _ agent: inout AgentOptions) throws(HostFailure) {
    agent.sampling.temperature = try number("temperature", in: 0...2, &options)
    agent.sampling.topP = try number("top_p", in: 0...1, &options)
    agent.sampling.topK = try options.count("top_k", in: 1...Int(Int32.max))
    agent.effort = try word("effort", &options)
    guard let (name, value) = try options.take("thinking") else { return }
    switch value {
    case .boolean(false), "off": agent.thinking = .off
    case .boolean(true), "adaptive": agent.thinking = .adaptive
    case .integer(let tokens) where tokens >= 1_024 && tokens <= Int64(Int32.max): agent.thinking = .budget(Int(tokens))
    default:
      throw options.failure(name, value, "\"off\", \"adaptive\", or a number of tokens from 1024 on")
    }
  }

  private static func number(
    _ name: String, in range: ClosedRange<Double>, _ options: inout OptionReader
  ) throws(HostFailure) -> Double? {
    guard let (_, value) = try options.take(name) else { return nil }
    guard let number = value.double, range.contains(number) else {
      throw options.failure(name, value, "a number from \(Int(range.lowerBound)) to \(Int(range.upperBound))")
    }
    return number
  }

  // MARK: Tools

  /// A list of names, and of functions of the script: `{ "read", "grep", { name = "ask_db", description = "…", parameters =
  /// {…}, fn = function(arguments) … end } }`.
  private static func readTools(
    _ options: inout OptionReader, _ agent: inout AgentOptions, _ functions: inout TaskFunctions
  ) throws(HostFailure) {
    guard let (name, value) = try options.take("tools") else { return }
    let accepted = "a list of names, and of tables { name, description, parameters, fn }"
    guard case .table(let table) = value, table.pairs.isEmpty else { throw options.failure(name, value, accepted) }
    var names: [String] = []
    for (index, element) in table.array.enumerated() {
      switch element {
      case .string:
        guard let word = element.exactText, !word.isEmpty else { throw options.failure(name, element, accepted) }
        names.append(word)
      case .table(let tool):
        let (made, function) = try scriptTool(tool, "\(options.subject): tool \(index + 1)")
        if functions.tools[made.name] != nil {
          throw .misuse("\(options.subject): two tools are called '\(made.name)'")
        }
        agent.scriptTools.append(made)
        functions.tools[made.name] = function
      default: throw options.failure(name, element, accepted)
      }
    }
    // Functions alone are added to what the role has; names say all that it gets of that.
    if !names.isEmpty || agent.scriptTools.isEmpty { agent.tools = names }
  }

  private static func scriptTool(
    _ table: LuaTable, _ subject: String
  ) throws(HostFailure) -> (AgentOptions.ScriptTool, LuaReference) {
    var reader = try OptionReader(table, subject: subject)
    let name = try reader.text("name") ?? ""
    let description = try reader.text("description")
    var parameters = try schema("parameters", &reader)
    let function = try reader.function("fn")
    try reader.finish()
    let isLegal =
      !name.isEmpty && name.utf8.count <= 64
      && name.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2D: true
        default: false
        }
      }
    guard isLegal else {
      throw .misuse(
        "\(subject): a tool's name has 1 to 64 letters, digits, _ and -, not \(OptionReader.show(.text(name)))")
    }
    guard let description, !description.allSatisfy(\.isWhitespace) else {
      throw .misuse("\(subject) '\(name)' needs a description: the model knows nothing else of it")
    }
    guard let function else { throw .misuse("\(subject) '\(name)' needs an fn") }
    if var object = parameters?.object {
      // A short form: the properties alone.
      if object["type"] == nil, object["properties"] == nil, !object.isEmpty {
        object = JSONObject([
          .init(key: "type", value: .string("object")), .init(key: "properties", value: .object(object)),
        ])
      }
      parameters = .object(object)
    }
    let usual: JSONValue = ["type": "object", "properties": [:]]
    return (AgentOptions.ScriptTool(name: name, description: description, parameters: parameters ?? usual), function)
  }
}
