/// What becomes of a call of a tool.
public enum PermissionVerdict: String, Hashable, Sendable, CaseIterable {
  /// It is made.
  case allow
  /// Somebody is asked.
  case ask
  /// It is not made.
  case deny
}

/// What is decided where no rule says anything, and how strict the rules are taken.
public enum PermissionMode: String, Hashable, Sendable, CaseIterable {
  /// Reading is allowed, everything else asks.
  case `default`
  /// Changing files is allowed, too.
  case acceptEdits
  /// Reading only: what writes or runs programs is denied, whatever the rules allow.
  case plan
  /// Everything is allowed that no rule denies.
  case bypass
  /// Nobody is asked: what would ask is denied.
  case dontAsk
}

/// One rule: calls of these tools on these subjects.
public struct PermissionRule: Hashable, Sendable {
  /// The tools' names; `*` stands for any run of characters, `?` for one.
  public var tool: String
  /// The path, command or URL; as above. Nil is any, also none at all. A pattern that ends in ` *` also fits without what
  /// follows the space. Of a command line each command is compared on its own.
  public var pattern: String?
  /// What becomes of such calls.
  public var verdict: PermissionVerdict

  /// A rule.
  public init(tool: String, pattern: String? = nil, _ verdict: PermissionVerdict) {
    self.tool = tool
    self.pattern = pattern == "*" ? nil : pattern
    self.verdict = verdict
  }
}

/// What a policy says to a call.
public enum PermissionDecision: Hashable, Sendable {
  /// It may be made.
  case allow
  /// Somebody has to be asked, and why, as a clause.
  case ask(String)
  /// It may not be made, and why, as a clause.
  case deny(String)
}

/// Who may do what: layers of rules, from the widest (the user's configuration) to the narrowest (the task).
///
/// - Within a layer the last rule that fits counts.
/// - A `deny` of any layer is final. Otherwise the narrowest layer that says something counts; a layer that only narrows (that of
///   a project which the user did not write) may turn `allow` into `ask`, never the other way.
/// - Where no layer says anything, the mode decides: by default reading is allowed and everything else asks.
/// - A command line is taken apart, and each command is decided on its own: the strictest decision counts. What writes into a
///   file is a call of `write`, too. What cannot be taken apart asks.
public struct PermissionPolicy: Hashable, Sendable {
  /// Rules of one origin.
  public struct Layer: Hashable, Sendable {
    /// The rules, in order.
    public var rules: [PermissionRule]
    /// True if they may forbid, but not allow.
    public var onlyNarrows: Bool

    /// A layer.
    public init(_ rules: [PermissionRule], onlyNarrows: Bool = false) {
      self.rules = rules
      self.onlyNarrows = onlyNarrows
    }
  }

  /// The layers, the widest first.
  public var layers: [Layer]
  /// What is decided where no rule says anything.
  public var mode: PermissionMode
  /// Policies that have to allow a call as well.
  public private(set) var bounds: [PermissionPolicy] = []

  /// A policy. Without rules reading is allowed, and everything else asks.
  public init(_ rules: [PermissionRule] = [], mode: PermissionMode = .default) {
    layers = rules.isEmpty ? [] : [Layer(rules)]
    self.mode = mode
  }

  /// This policy with one more layer.
  public func adding(_ rules: [PermissionRule], onlyNarrows: Bool = false) -> PermissionPolicy {
    guard !rules.isEmpty else { return self }
    var policy = self
    policy.layers.append(Layer(rules, onlyNarrows: onlyNarrows))
    return policy
  }

  /// This policy, and nothing that the other does not allow as well: what a sub-agent gets of its parent.
  public func narrowed(by other: PermissionPolicy) -> PermissionPolicy {
    var policy = self
    policy.bounds.append(other)
    return policy
  }

  /// What becomes of a call. `subject`: its path, command or URL.
  public func decision(tool: String, kind: ToolKind, subject: String?) -> PermissionDecision {
    var decision: PermissionDecision
    if kind == .executes, let subject {
      decision = commandDecision(tool, subject)
    } else {
      decision = plain(tool, kind, PermissionSubject(subject))
    }
    if mode == .dontAsk, case .ask(let why) = decision { decision = .deny("nobody is to be asked, and " + why) }
    return bounds.reduce(decision) { strictest, bound in
      PermissionDecision.stricter(strictest, bound.decision(tool: tool, kind: kind, subject: subject))
    }
  }

  private func commandDecision(_ tool: String, _ line: String) -> PermissionDecision {
    let whole = plain(tool, .executes, PermissionSubject(nil))
    guard let shell = ShellLine(line) else {
      if whole == .allow, !hasFineRules(tool) { return .allow }
      return PermissionDecision.stricter(whole, .ask("the command line cannot be taken apart"))
    }
    var strictest = shell.commands.isEmpty ? whole : .allow
    for command in shell.commands {
      var decision = plain(tool, .executes, PermissionSubject(command))
      if decision == .allow, command.isOpaque, hasFineRules(tool) {
        decision = .ask("'\(PermissionPolicy.shown(command.text))' may run something else than it says")
      }
      strictest = PermissionDecision.stricter(strictest, decision)
    }
    for target in shell.writes where whole != .allow || hasFineRules(tool) || hasFineRules("write") {
      strictest = PermissionDecision.stricter(
        strictest,
        target.isKnown
          ? plain("write", .writes, PermissionSubject(target.path))
          : .ask("it writes into '\(PermissionPolicy.shown(target.path))'"))
    }
    return strictest
  }

  /// One tool on one subject.
  private func plain(_ tool: String, _ kind: ToolKind, _ subject: PermissionSubject) -> PermissionDecision {
    var verdict: PermissionVerdict?
    for layer in layers {
      guard let rule = layer.rules.last(where: { $0.fits(tool, subject) }) else { continue }
      if rule.verdict == .deny { return .deny("a rule denies \(rule)") }
      if layer.onlyNarrows {
        if rule.verdict == .ask { verdict = .ask }
      } else {
        verdict = rule.verdict
      }
    }
    if mode == .plan, kind == .writes || kind == .executes || kind == .other {
      return .deny("while planning nothing is changed or run")
    }
    if mode == .bypass { return .allow }
    switch verdict {
    case .allow: return .allow
    case .ask: return .ask("a rule asks for \(PermissionPolicy.shown(tool, subject.text))")
    case .deny, nil: break
    }
    if kind == .reads || (kind == .writes && mode == .acceptEdits) { return .allow }
    return .ask("no rule allows \(PermissionPolicy.shown(tool, subject.text))")
  }

  /// True if some rule forbids or asks for some of the tool's calls: then what a command hides matters.
  private func hasFineRules(_ tool: String) -> Bool {
    layers.contains { layer in
      layer.rules.contains { $0.verdict != .allow && $0.pattern != nil && Glob.matches($0.tool, tool) }
    }
  }

  private static func shown(_ tool: String, _ subject: String?) -> String {
    subject.map { "\(tool) '\(shown($0))'" } ?? tool
  }

  private static func shown(_ text: String) -> String {
    text.utf8.count > 200 ? BoundedText.prefix(text, bytes: 200) + "…" : text
  }
}

extension PermissionDecision {
  /// The one that allows less; of equals the first.
  static func stricter(_ left: PermissionDecision, _ right: PermissionDecision) -> PermissionDecision {
    switch (left, right) {
    case (.deny, _): left
    case (_, .deny): right
    case (.ask, _): left
    case (_, .ask): right
    case (.allow, .allow): left
    }
  }
}

extension PermissionRule: CustomStringConvertible {
  /// The rule's tools and subjects, for messages.
  public var description: String { pattern.map { "\(tool) '\($0)'" } ?? tool }
}
