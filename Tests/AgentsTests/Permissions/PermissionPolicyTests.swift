import Agents
import Testing

@Suite struct PermissionPolicyTests {
  private func word(_ decision: PermissionDecision) -> String {
    switch decision {
    case .allow: "allow"
    case .ask: "ask"
    case .deny: "deny"
    }
  }

  private static let everything: [(String, ToolKind, String)] = [
    ("read", .reads, "a.txt"), ("write", .writes, "a.txt"), ("bash", .executes, "ls"),
    ("web_fetch", .network, "https://a.example"), ("mcp__files__list", .other, ""),
  ]

  @Test(arguments: [
    (PermissionMode.default, ["allow", "ask", "ask", "ask", "ask"]),
    (.acceptEdits, ["allow", "allow", "ask", "ask", "ask"]),
    (.plan, ["allow", "deny", "deny", "ask", "deny"]),
    (.bypass, ["allow", "allow", "allow", "allow", "allow"]),
    (.dontAsk, ["allow", "deny", "deny", "deny", "deny"]),
  ])
  func withoutRulesTheModeDecides(mode: PermissionMode, words: [String]) {
    let policy = PermissionPolicy(mode: mode)
    let found = PermissionPolicyTests.everything.map { word(policy.decision(tool: $0.0, kind: $0.1, subject: $0.2)) }
    #expect(found == words)
  }

  private static let careful = PermissionPolicy([
    PermissionRule(tool: "bash", pattern: "*", .ask), PermissionRule(tool: "bash", pattern: "git status *", .allow),
    PermissionRule(tool: "bash", pattern: "git log*", .allow),
    PermissionRule(tool: "bash", pattern: "npm run:*", .allow),
    PermissionRule(tool: "bash", pattern: "echo *", .allow), PermissionRule(tool: "bash", pattern: "ls *", .allow),
    PermissionRule(tool: "bash", pattern: "rm *", .deny), PermissionRule(tool: "write", pattern: "out/*", .allow),
  ])

  @Test(arguments: [
    ("git status", "allow"), ("git status -s", "allow"), ("git statusx", "ask"), ("git push", "ask"),
    ("npm run", "allow"), ("npm run test", "allow"), ("npm runx", "ask"), ("npm install", "ask"),
    ("git status && git log", "allow"), ("git status; rm x", "deny"), ("git status | tee x", "ask"),
    ("git status\nrm x", "deny"), ("git status & rm x", "deny"), ("git log || rm -rf /", "deny"),
    ("echo $(rm x)", "deny"), ("echo `rm x`", "deny"), ("echo \"$(rm x)\"", "deny"), ("echo '$(rm x)'", "allow"),
    ("echo 'rm x'", "allow"), ("r\"m\" x", "deny"), ("\\rm x", "deny"), ("/bin/rm x", "deny"), ("rm", "deny"),
    ("sudo rm x", "deny"), ("sudo -u root rm x", "deny"), ("env A=1 rm x", "deny"), ("xargs rm x", "deny"),
    ("timeout 5 rm x", "deny"), ("bash -c 'rm x'", "deny"), ("bash -c 'echo; rm x'", "ask"), ("eval rm x", "deny"),
    ("echo a > out/x", "allow"), ("echo a > x", "ask"), ("echo a > /etc/x", "ask"), ("echo a > out/../x", "ask"),
    ("echo a > /dev/null 2>&1", "allow"), ("git log > $X", "ask"), ("cd out && echo a > x", "ask"),
    ("for f in *; do echo $f; done", "ask"), ("echo 'unclosed", "ask"), ("git log <<EOF\nEOF", "ask"), ("", "ask"),
    ("PATH=. ls", "ask"), ("ls", "allow"), ("ls $X", "ask"), ("lsof", "ask"), ("(ls; echo a)", "allow"),
    ("(ls; rm x)", "deny"), ("ls <(rm x)", "deny"), ("! ls", "allow"), ("ls # rm x", "allow"), ("$X", "ask"),
  ])
  func aLineIsAsFreeAsItsStrictestCommand(line: String, expected: String) {
    #expect(word(PermissionPolicyTests.careful.decision(tool: "bash", kind: .executes, subject: line)) == expected)
  }

  @Test(arguments: [
    ("ls; anything $X", "allow"), ("for f in *; do rm $f; done", "allow"), ("a > /tmp/x", "allow"),
  ])
  func whoAllowsEverythingIsNotAsked(line: String, expected: String) {
    let policy = PermissionPolicy([PermissionRule(tool: "bash", .allow)])
    #expect(word(policy.decision(tool: "bash", kind: .executes, subject: line)) == expected)
  }

  @Test func whatCannotBeTakenApartIsDeniedWhereTheRestIs() {
    let policy = PermissionPolicy([
      PermissionRule(tool: "bash", .deny), PermissionRule(tool: "bash", pattern: "git *", .allow),
    ])
    #expect(word(policy.decision(tool: "bash", kind: .executes, subject: "git log")) == "allow")
    #expect(word(policy.decision(tool: "bash", kind: .executes, subject: "for i in 1; do git log; done")) == "deny")
    #expect(word(policy.decision(tool: "bash", kind: .executes, subject: "git log; ls")) == "deny")
  }

  @Test func theLastRuleOfALayerCounts() {
    let rules = [
      PermissionRule(tool: "write", .deny), PermissionRule(tool: "write", pattern: "docs/*", .allow),
      PermissionRule(tool: "write", pattern: "docs/secret*", .ask),
    ]
    let policy = PermissionPolicy(rules)
    let words = ["a", "docs/a", "docs/secret.md"].map {
      word(policy.decision(tool: "write", kind: .writes, subject: $0))
    }
    #expect(words == ["deny", "allow", "ask"])
  }

  @Test func aDenialOfAnyLayerIsFinal() {
    let wide = PermissionPolicy([PermissionRule(tool: "write", pattern: "*.lock", .deny)])
    let policy = wide.adding([PermissionRule(tool: "*", .allow)])
    #expect(word(policy.decision(tool: "write", kind: .writes, subject: "a.lock")) == "deny")
    #expect(word(policy.decision(tool: "write", kind: .writes, subject: "a.txt")) == "allow")
    var free = policy
    free.mode = .bypass
    #expect(word(free.decision(tool: "write", kind: .writes, subject: "a.lock")) == "deny")
  }

  @Test func aLayerThatOnlyNarrowsCannotAllow() {
    let policy = PermissionPolicy([PermissionRule(tool: "write", .allow)]).adding(
      [
        PermissionRule(tool: "bash", .allow), PermissionRule(tool: "write", pattern: "src/*", .ask),
        PermissionRule(tool: "write", pattern: "x", .deny),
      ], onlyNarrows: true)
    #expect(word(policy.decision(tool: "bash", kind: .executes, subject: "ls")) == "ask")
    #expect(word(policy.decision(tool: "write", kind: .writes, subject: "src/a")) == "ask")
    #expect(word(policy.decision(tool: "write", kind: .writes, subject: "a")) == "allow")
    #expect(word(policy.decision(tool: "write", kind: .writes, subject: "x")) == "deny")
  }

  @Test func aSubAgentMayDoNothingThatItsParentMayNot() {
    let parent = PermissionPolicy([PermissionRule(tool: "bash", pattern: "ls *", .allow)])
    let child = PermissionPolicy([PermissionRule(tool: "*", .allow)], mode: .bypass).narrowed(by: parent)
    #expect(word(child.decision(tool: "bash", kind: .executes, subject: "ls")) == "allow")
    #expect(word(child.decision(tool: "bash", kind: .executes, subject: "make")) == "ask")
    #expect(word(child.decision(tool: "write", kind: .writes, subject: "a")) == "ask")
    let planning = child.narrowed(by: PermissionPolicy(mode: .plan))
    #expect(word(planning.decision(tool: "bash", kind: .executes, subject: "ls")) == "deny")
  }

  @Test func toolsAreNamedByPatterns() {
    let policy = PermissionPolicy([PermissionRule(tool: "mcp__files__*", .allow)])
    #expect(word(policy.decision(tool: "mcp__files__list", kind: .other, subject: nil)) == "allow")
    #expect(word(policy.decision(tool: "mcp__mail__send", kind: .other, subject: nil)) == "ask")
  }

  @Test func whyIsSaid() {
    let policy = PermissionPolicy([PermissionRule(tool: "bash", pattern: "rm *", .deny)])
    #expect(policy.decision(tool: "bash", kind: .executes, subject: "rm x") == .deny("a rule denies bash 'rm *'"))
    #expect(policy.decision(tool: "bash", kind: .executes, subject: "ls") == .ask("no rule allows bash 'ls'"))
  }

  @Test(arguments: [
    ("*", "", true), ("", "", true), ("", "a", false), ("a*c", "abbc", true), ("a*c", "abb", false), ("?", "ü", true),
    ("a?c", "abc", true), ("**a", "a", true), ("a*b*c", "a-b-b-c", true), ("[a]", "a", false),
  ])
  func patternsOfRulesAreStarsAndQuestionMarks(pattern: String, text: String, fits: Bool) {
    let policy = PermissionPolicy([PermissionRule(tool: "t", pattern: pattern + "!", .allow)])
    #expect((policy.decision(tool: "t", kind: .other, subject: text + "!") == .allow) == fits)
  }
}
