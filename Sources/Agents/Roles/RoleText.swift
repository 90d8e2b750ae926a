/// A role's file as text, and what it says.
struct RoleText {
  /// Whose form the file has.
  enum Form: String, Hashable { case agentscript, claude, opencode }

  let form: Form
  let path: String
  let isProject: Bool
  /// The name that the path gives.
  let fileName: String
  /// Reads a file that a role refers to; its words for why not.
  let included: (String) -> Result<String, RoleProblem>
  private(set) var problems: [RoleProblem] = []

  init(
    form: Form, path: String, isProject: Bool, fileName: String,
    included: @escaping (String) -> Result<String, RoleProblem>
  ) {
    self.form = form
    self.path = path
    self.isProject = isProject
    self.fileName = fileName
    self.included = included
  }

  static let maxName = 64
  static let maxDescription = 8000

  mutating func note(_ sentence: String, line: Int? = nil) {
    problems.append(RoleProblem(.note, path: path, line: line, sentence))
  }

  mutating func error(_ sentence: String, line: Int? = nil) {
    problems.append(RoleProblem(.error, path: path, line: line, sentence))
  }

  /// The role that the text describes; nil if it is none, and the problems say why.
  mutating func role(_ text: String) -> AgentRole? {
    let front: FrontMatter
    do {
      guard let read = try FrontMatter(text) else {
        error("there is no front matter: a role begins with a line '---' and its fields")
        return nil
      }
      front = read
    } catch {
      self.error(error.sentence, line: error.line)
      return nil
    }
    if form == .opencode, boolean("disable", front) == true { return nil }
    guard let name = name(front) else { return nil }
    guard let description = description(front) else { return nil }
    let source: RoleSource = isProject ? .project(path: path) : .user(path: path)
    var role = AgentRole(name: name, description: description, system: front.body, source: source)
    models(front, into: &role)
    tools(front, into: &role)
    places(front, into: &role)
    limits(front, into: &role)
    guard prompt(front, into: &role) else { return nil }
    return role
  }

  // MARK: Fields

  /// A field's text; a value of another kind is told and left out.
  mutating func text(_ key: String, _ front: FrontMatter) -> String? {
    guard let value = front[key] else { return nil }
    guard let text = value.text else {
      note("'\(key)' should be a text, and is left out", line: front.line(of: key))
      return nil
    }
    return text
  }

  mutating func boolean(_ key: String, _ front: FrontMatter) -> Bool? {
    guard let text = text(key, front) else { return nil }
    switch text.lowercased() {
    case "true", "yes", "on": return true
    case "false", "no", "off": return false
    default:
      note("'\(key)' should be true or false, and is left out", line: front.line(of: key))
      return nil
    }
  }

  private mutating func name(_ front: FrontMatter) -> String? {
    // OpenCode names its agents by their files alone.
    let given = form == .opencode ? nil : text("name", front)
    let name = String(PlainText.trimmed((given ?? fileName)[...]))
    if form == .claude, given == nil {
      error("the field 'name' is missing")
      return nil
    }
    if let fault = RoleName.fault(in: name) {
      error(fault, line: front.line(of: "name"))
      return nil
    }
    return name
  }

  private mutating func description(_ front: FrontMatter) -> String? {
    var isPlain = false
    if case .text(_, false)? = front["description"] { isPlain = true }
    guard var text = text("description", front) else {
      if form == .claude {
        error("the field 'description' is missing")
        return nil
      }
      note("there is no 'description': the agent has to be named, and is never chosen")
      return ""
    }
    // Claude Code writes line ends into plain scalars in this way.
    if isPlain { text = text.split(separator: "\\n", omittingEmptySubsequences: false).joined(separator: "\n") }
    text = String(text.drop { $0.isWhitespace })
    while text.last?.isWhitespace == true { text.removeLast() }
    if text.utf8.count > RoleText.maxDescription {
      note("the description is cut after \(RoleText.maxDescription) characters", line: front.line(of: "description"))
      text = String(text.unicodeScalars.prefix(RoleText.maxDescription))
    }
    return text
  }

  private mutating func prompt(_ front: FrontMatter, into role: inout AgentRole) -> Bool {
    guard form == .opencode, let given = text("prompt", front) else {
      if role.system.isEmpty { note("there is no system prompt below the front matter") }
      return true
    }
    guard let reference = RoleText.reference(given) else {
      role.system = role.system.isEmpty ? given : given + "\n\n" + role.system
      return true
    }
    switch included(reference) {
    case .success(let text):
      role.system = role.system.isEmpty ? text : text + "\n\n" + role.system
      return true
    case .failure(var problem):
      problem.line = front.line(of: "prompt")
      problems.append(problem)
      return false
    }
  }

  /// The path in `{file:PATH}`.
  private static func reference(_ text: String) -> String? {
    let text = PlainText.trimmed(text[...])
    guard text.hasPrefix("{file:"), text.hasSuffix("}") else { return nil }
    return String(PlainText.trimmed(text.dropFirst(6).dropLast()))
  }
}

/// Names of roles.
enum RoleName {
  /// What is wrong with a name, in one sentence; nil if nothing is.
  static func fault(in name: String) -> String? {
    if name.isEmpty { return "the name is empty" }
    if name.unicodeScalars.count > RoleText.maxName {
      return "the name is longer than \(RoleText.maxName) characters"
    }
    let isPrintable = name.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
      default: true
      }
    }
    return isPrintable ? nil : "the name holds characters that cannot be seen"
  }

  /// What names are compared by: small letters, with `-` for blanks and `_`.
  static func key(_ name: String) -> String {
    String(name.lowercased().map { $0 == " " || $0 == "_" ? "-" : $0 })
  }
}
