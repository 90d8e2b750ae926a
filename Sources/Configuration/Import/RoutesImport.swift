internal import Models
internal import WireText

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Turns the agents of a gateway's configuration, `{"tieredRouting": {"routes": {…}}}`, into a configuration of ours. Pure.
///
/// Only what agents are is taken: where they work, what they remember, their models. Addresses, keys and commands are not.
public struct RoutesImport: Sendable, Hashable {
  /// The configuration, as a text to be saved as `config.lua`.
  public let text: String
  /// How many agents are in it.
  public let count: Int
  /// What could not be taken over, one sentence each.
  public let notes: [String]

  /// Reads the JSON of `place`. Errors name what is missing.
  public init(_ bytes: [UInt8], from place: String) throws(SettingsError) {
    let whole: JSONValue
    do throws(JSONError) {
      whole = try JSONReader.read(bytes)
    } catch {
      throw SettingsError(place, "is not JSON: \(error)")
    }
    guard let routes = (whole["tieredRouting"]?["routes"] ?? whole["routes"])?.object else {
      throw SettingsError(place, "has no tieredRouting.routes")
    }
    var notes: [String] = []
    RoutesImport.leftOut(whole, &notes)
    var agents: [String] = []
    for route in routes.members {
      guard let fields = route.value.object else {
        notes.append("routes.\(route.key) is no object")
        continue
      }
      guard TextCheck.problem(route.key, .name) == nil else {
        notes.append("routes[\(LuaLiteral.quoted(route.key))]: an agent's name is letters, digits, '-', '_' and '.'")
        continue
      }
      agents.append(RoutesImport.agent(route.key, fields, &notes))
    }
    count = agents.count
    self.notes = notes
    text = """
      -- From tieredRouting.routes.
      return {
        agents = {
      \(agents.joined(separator: "\n"))
        },
      }

      """
  }

  /// Reads a file, or standard input for nil.
  public init(file path: String?) throws(SettingsError) {
    let place = path ?? "standard input"
    let descriptor = path.map { open($0, O_RDONLY | O_CLOEXEC | O_NOCTTY) } ?? 0
    guard descriptor >= 0 else { throw SettingsError(place, "cannot be read: \(SystemWords.of(errno))") }
    defer { if path != nil { close(descriptor) } }
    guard let bytes = ConfigFile.contents(of: descriptor, most: ConfigFile.largest) else {
      throw SettingsError(place, "has more than \(ConfigFile.largest) bytes, or cannot be read")
    }
    try self.init(bytes, from: place)
  }

  private static func leftOut(_ whole: JSONValue, _ notes: inout [String]) {
    for member in whole.object?.members ?? [] where member.key != "tieredRouting" && member.key != "routes" {
      notes.append("\(member.key) is not taken over")
    }
    for member in whole["tieredRouting"]?.object?.members ?? [] where member.key != "routes" {
      notes.append("tieredRouting.\(member.key) is not taken over")
    }
  }

  /// How the fields of a route are called here.
  private static let texts = [
    "description": "description", "system": "system", "prompt": "system", "model": "model", "tier": "tier",
    "workdir": "workdir", "memory": "memory",
  ]

  private static func agent(_ name: String, _ fields: JSONObject, _ notes: inout [String]) -> String {
    var lines: [String] = []
    for field in fields.members {
      let place = "routes.\(name).\(field.key)"
      switch (field.key, field.value) {
      case ("agent", .string(let other)):
        if other != name { notes.append("\(place) is \(LuaLiteral.quoted(other)): the agent is called \(name) here") }
      case (let key, .string(let text)) where texts[key] != nil:
        guard !text.isEmpty, !text.utf8.contains(0) else { continue }
        let own = texts[key] ?? key
        if own == "tier", ModelTier(word: text) == nil {
          notes.append("\(place) is no tier: \(LuaLiteral.quoted(text))")
          continue
        }
        if own == "model" { hint(place, text, &notes) }
        lines.append("      \(own) = \(LuaLiteral.quoted(text)),")
      case ("fallbacks", .array(let values)), ("tools", .array(let values)):
        let words = values.compactMap(\.string).filter { !$0.isEmpty }
        if words.count < values.count { notes.append("\(place): only texts are taken over") }
        lines.append("      \(field.key) = { \(words.map(LuaLiteral.quoted).joined(separator: ", ")) },")
      default: notes.append("\(place) is not taken over")
      }
    }
    let key = "    " + LuaLiteral.key(name)
    return lines.isEmpty
      ? "\(key) = { description = \(LuaLiteral.quoted(name)) },"
      : "\(key) = {\n\(lines.joined(separator: "\n"))\n    },"
  }

  /// A model's name alone may have a slash in it, which we take for the end of the provider's.
  private static func hint(_ place: String, _ model: String, _ notes: inout [String]) {
    guard let slash = model.firstIndex(of: "/"), ModelProvider.preset(String(model[..<slash])) == nil else { return }
    notes.append(
      "\(place) = \(LuaLiteral.quoted(model)) names no provider that is known: write it as \"provider/\(model)\"")
  }

  /// Saves the text as the user's configuration. One that is there is never replaced.
  public func save(as path: String) throws(SettingsError) {
    try NewFolder.make(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    try NewFile.write(text, to: path)
  }
}
