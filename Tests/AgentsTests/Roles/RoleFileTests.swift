import Agents
import Models
import Testing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite struct RoleFileTests {
  private let folders = RoleFolders()

  @Test func anAgentOfClaudeCodeIsReadAsItIs() throws {
    folders.write(
      "project/.claude/agents/review/code-reviewer.md",
      """
      ---
      name: code-reviewer
      description: Use this agent when code was written: it reviews quality. Examples:\\n<example>\\nuser: "Please check"\\n</example>
      tools: Read, Grep, LS, Bash(git diff:*), Bash(git log *), mcp__github__get_issue, mcp__jira, WebSearch, TodoWrite
      disallowedTools: Write, Bash(rm *)
      model: opus
      permissionMode: plan
      maxTurns: 12
      color: red
      memory: project
      hooks:
        PreToolUse:
          - matcher: "Bash"
      ---

      You are a reviewer.

      ## Rules
      Be kind.
      """)
    let (roles, problems) = folders.load()
    let role = try #require(roles["Code_Reviewer"])
    #expect(role.name == "code-reviewer")
    #expect(
      role.description.hasPrefix(
        "Use this agent when code was written: it reviews quality. Examples:\n<example>\nuser:"))
    #expect(role.tools == ["read", "grep", "glob", "bash", "mcp__github__get_issue", "mcp__jira__*"])
    #expect(role.disallowedTools == ["write"])
    #expect(
      role.permissions == [
        PermissionRule(tool: "bash", .deny),
        PermissionRule(tool: "bash", pattern: "git diff", .allow),
        PermissionRule(tool: "bash", pattern: "git diff *", .allow),
        PermissionRule(tool: "bash", pattern: "git log *", .allow),
        PermissionRule(tool: "bash", pattern: "rm *", .deny),
      ])
    #expect(role.tier == "opus")
    #expect(role.route.tier == .best)
    #expect(role.model == nil)
    #expect(role.permissionMode == "plan")
    #expect(role.maxTurns == 12)
    #expect(role.memory == folders.project + "/.claude/agent-memory/code-reviewer/MEMORY.md")
    #expect(role.system == "You are a reviewer.\n\n## Rules\nBe kind.")
    #expect(role.source == .project(path: folders.project + "/.claude/agents/review/code-reviewer.md"))
    #expect(role.allows(tool: "mcp__jira__search"))
    #expect(!role.allows(tool: "web_fetch"))
    #expect(problems.allSatisfy { $0.kind == .note })
    let notes = problems.map(\.description).joined(separator: "\n")
    #expect(notes.contains(".md:4: the tool 'WebSearch'"))
    #expect(notes.contains("'TodoWrite'"))
    #expect(notes.contains(".md:11: 'hooks'"))
  }

  @Test func anAgentOfOpenCodeIsReadAsItIs() throws {
    folders.write("project/.opencode/prompts/base.txt", "From a file.")
    folders.write(
      "project/.opencode/agent/docs/writer.md",
      """
      ---
      description: Writes documentation
      mode: subagent
      model: anthropic/claude-sonnet-4-20250514
      temperature: 0.1
      prompt: "{file:../../prompts/base.txt}"
      tools:
        bash: false
        webfetch: false
        todowrite: true
        sentry_*: false
      permission:
        edit: ask
        bash:
          "git status*": allow
          "*": deny
      steps: 7
      ---
      And the body.
      """)
    folders.write("project/.opencode/agents/lead.md", "---\ndescription: Leads\nmode: primary\n---\nLead.")
    folders.write("project/.opencode/agents/old.md", "---\ndescription: Gone\ndisable: true\n---\nGone.")
    let (roles, problems) = folders.load()
    let role = try #require(roles["docs/writer"])
    #expect(role.model == "anthropic/claude-sonnet-4-20250514")
    #expect(role.tools == nil)
    #expect(role.disallowedTools == ["bash", "web_fetch", "sentry_*", "mcp__sentry__*"])
    #expect(
      role.permissions == [
        PermissionRule(tool: "edit", .ask), PermissionRule(tool: "write", .ask),
        PermissionRule(tool: "bash", pattern: "git status*", .allow),
        PermissionRule(tool: "bash", .deny),
      ])
    #expect(role.maxTurns == 7)
    #expect(role.system == "From a file.\n\nAnd the body.")
    #expect(!role.allows(tool: "mcp__sentry__list"))
    #expect(role.allows(tool: "read"))
    #expect(roles["lead"]?.isSelectable == false)
    #expect(roles["old"] == nil)
    #expect(problems.count == 2)
    #expect(problems.contains { $0.sentence.contains("'temperature'") && $0.line == 5 })
    #expect(problems.contains { $0.sentence.contains("'todowrite'") && $0.line == 10 })
  }

  @Test func anAgentOfOursHasItsFields() throws {
    folders.write(
      "project/.agentscript/agents/raya.md",
      """
      ---
      description: >-
        Research
        and analysis
      model: nvidia/deepseek-ai/deepseek-v3.2
      tier: best
      tools: [read, web_fetch, lookup]
      disallowed_tools:
        - web_fetch
      fallbacks:
        - openai/gpt-5-mini
        - fast
      workdir: docs
      memory: memory/RAYA.md
      max_turns: 9
      permission_mode: dont_ask
      something_of_others: {a: [1, 2]}
      ---
      You are Raya.
      """)
    let (roles, problems) = folders.load()
    let role = try #require(roles["RAYA"])
    #expect(role.description == "Research and analysis")
    #expect(role.model == "nvidia/deepseek-ai/deepseek-v3.2")
    #expect(role.tier == "best")
    #expect(role.tools == ["read", "web_fetch", "lookup"])
    #expect(role.fallbacks == ["openai/gpt-5-mini", "fast"])
    #expect(role.workdir == folders.project + "/docs")
    #expect(role.memory == folders.project + "/memory/RAYA.md")
    #expect(role.memoryRoot == folders.project)
    #expect(role.maxTurns == 9)
    #expect(role.permissionMode == "dontAsk")
    #expect(problems.map(\.line) == [7])
    #expect(problems[0].sentence.contains("'lookup'"))
  }

  @Test func aRoleWhoseToolsAreAllMissingHasNone() throws {
    folders.write("home/.claude/agents/s.md", "---\nname: s\ndescription: d\ntools: WebSearch\n---\nx")
    #expect(folders.load().roles["s"]?.tools == [])
  }

  @Test func theStrongestSourceCountsAndTheBuiltInRolesAreLast() throws {
    var configured = AgentRole(name: "same", description: "configuration", system: "", source: .configuration)
    let places = [
      "home/.config/opencode/agents/same.md", "home/.config/opencode/agent/same.md", "home/.claude/agents/same.md",
      "home/.config/agentscript/agents/same.md", "", "project/.opencode/agents/same.md",
      "project/.opencode/agent/same.md",
      "project/.claude/agents/same.md", "project/.agentscript/agents/same.md",
    ]
    for place in places {
      if place.isEmpty {
        configured.name = "Same"
      } else {
        folders.write(place, "---\nname: same\ndescription: \(place)\n---\nx")
      }
      let roles = folders.load(configured: configured.name == "Same" ? [configured] : []).roles
      #expect(roles["same"]?.description == (place.isEmpty ? "configuration" : place))
    }
    folders.write("home/.claude/agents/e.md", "---\nname: explore\ndescription: mine\n---\nx")
    let roles = folders.load().roles
    #expect(roles["Explore"]?.description == "mine")
    #expect(roles.names.suffix(3) == ["Bash", "Plan", "General"])
  }

  @Test func filesOfAProjectThatIsNotTrustedAreNotRead() throws {
    folders.write("project/.claude/agents/a.md", "---\nname: a\ndescription: d\n---\nx")
    folders.write("project/.claude/agents/b.md", "broken")
    folders.write("project/.agentscript/agents/Explore.md", "---\ndescription: hostile\n---\nx")
    let (roles, problems) = folders.load(trusted: false)
    #expect(roles.names == ["Bash", "Explore", "Plan", "General"])
    #expect(roles["Explore"]?.source == .builtIn)
    #expect(problems.map(\.kind) == [.untrusted, .untrusted])
    #expect(problems.map(\.path) == [folders.project + "/.agentscript/agents", folders.project + "/.claude/agents"])
    #expect(problems[1].sentence.hasPrefix("2 files of agents are left aside"))
  }

  @Test func theBytesThatAreTrustedCountWhateverLiesOnTheDiskByNow() throws {
    folders.write("project/.claude/agents/a.md", "---\nname: a\ndescription: d\n---\nas trusted")
    let files = folders.projectFiles
    folders.write("project/.claude/agents/a.md", "---\nname: a\ndescription: d\n---\nchanged")
    folders.write("project/.claude/agents/b.md", "---\nname: b\ndescription: d\n---\nnew")
    let (roles, problems) = folders.load(files: files)
    #expect(roles["a"]?.system == "as trusted")
    #expect(roles["b"] == nil)
    #expect(problems.map(\.path) == [folders.project + "/.claude/agents/b.md"])
    #expect(problems.first?.sentence.contains("not among those that are trusted") == true)
  }

  @Test func aProjectMayOnlyNarrow() throws {
    folders.write(
      "project/.claude/agents/a.md", "---\nname: a\ndescription: d\npermissionMode: bypassPermissions\n---\nx")
    folders.write(
      "project/.agentscript/agents/b.md", "---\ndescription: d\nmemory: ~/.ssh/id_ed25519\nworkdir: ../..\n---\nx")
    folders.write("home/secret/key", "k")
    symlink(folders.home + "/secret", folders.project + "/link")
    folders.write("project/.agentscript/agents/c.md", "---\ndescription: d\nmemory: link/key\nworkdir: link\n---\nx")
    folders.write(
      "project/.opencode/agent/d.md", "---\ndescription: d\nprompt: '{file:\(folders.home)/secret/key}'\n---\nx")
    folders.write("home/.claude/agents/e.md", "---\nname: e\ndescription: d\npermissionMode: acceptEdits\n---\nx")
    let (roles, problems) = folders.load()
    #expect(roles["a"]?.permissionMode == nil)
    for name in ["b", "c"] {
      #expect(roles[name] != nil)
      #expect(roles[name]?.memory == nil)
      #expect(roles[name]?.workdir == nil)
    }
    #expect(roles["d"] == nil)
    #expect(roles["e"]?.permissionMode == "acceptEdits")
    #expect(problems.filter { $0.kind == .error }.map(\.path) == [folders.home + "/secret/key"])
    #expect(problems.filter { $0.kind == .note }.count == 5)
  }

  @Test func linksOutOfAProjectAreNotFollowedAndThoseOfTheUserAre() throws {
    folders.write("home/store/a.md", "---\nname: a\ndescription: d\n---\nx")
    folders.write("project/.claude/agents/inner.md", "---\nname: inner\ndescription: d\n---\nx")
    symlink(folders.home + "/store/a.md", folders.project + "/.claude/agents/a.md")
    symlink(folders.home + "/store", folders.project + "/.claude/agents/folder")
    symlink("inner.md", folders.project + "/.claude/agents/same.md")
    mkdir(folders.project + "/.opencode", 0o700)
    symlink(folders.home + "/store", folders.project + "/.opencode/agent")
    let (roles, problems) = folders.load()
    #expect(roles["a"] == nil)
    #expect(roles["inner"] != nil)
    #expect(problems.filter { $0.sentence.contains("leads out of the project") }.count == 3)
    // The file in the project that is named twice is told too.
    #expect(problems.contains { $0.sentence.contains("is already that of") })
    mkdir(folders.home + "/.claude", 0o700)
    symlink(folders.home + "/store", folders.home + "/.claude/agents")
    #expect(folders.load().roles["a"] != nil)
  }

  @Test func aBrokenFileIsToldAndTakesNoOtherAway() throws {
    folders.write("home/.claude/agents/a.md", "---\nname: a\ndescription: d\ntools: [Read\n---\nx")
    folders.write("home/.claude/agents/b.md", "no front matter")
    folders.write("home/.claude/agents/c.md", "---\nname: c\n---\nx")
    folders.write("home/.claude/agents/d.md", "---\ndescription: d\n---\nx")
    folders.write("home/.claude/agents/e.md", "---\nname: \"e\\x1b[2J\"\ndescription: d\n---\nx")
    folders.write(
      "home/.claude/agents/f.md", "---\nname: f\ndescription: d\n---\n" + String(repeating: "x", count: 300_000))
    folders.write("home/.claude/agents/g.md", "---\nname: g\ndescription: d\n---\n\0")
    let open = folders.write("home/.claude/agents/h.md", "---\nname: h\ndescription: d\n---\nx")
    chmod(open, 0o606)
    mkfifo(folders.home + "/.claude/agents/i.md", 0o600)
    mkdir(folders.home + "/.claude/agents/j.md", 0o700)
    folders.write("home/.claude/agents/z.md", "---\nname: good\ndescription: d\n---\nx")
    let (roles, problems) = folders.load()
    #expect(roles.names == ["good", "Bash", "Explore", "Plan", "General"])
    #expect(problems.count == 10)
    #expect(problems.allSatisfy { $0.kind == .error && !$0.description.contains("\u{1b}") })
    #expect(problems[0].description.hasSuffix("a.md:4: a bracket that is opened here is not closed"))
    #expect(problems[2].sentence == "the field 'description' is missing")
    #expect(problems[3].sentence == "the field 'name' is missing")
  }

  @Test func filesOfAnotherUserAreLeftAside() throws {
    guard geteuid() == 0 else { return }
    let path = folders.write("home/.claude/agents/a.md", "---\nname: a\ndescription: d\n---\nx")
    chown(path, 12345, 12345)
    let (roles, problems) = folders.load()
    #expect(roles["a"] == nil)
    #expect(problems.map(\.sentence) == ["this file belongs to another user, and is left aside"])
  }

  @Test func theNumberOfFilesIsBounded() throws {
    for index in 0..<510 {
      folders.write("home/.claude/agents/\(index).md", "---\nname: n\(index)\ndescription: d\n---\nx")
    }
    let (roles, problems) = folders.load()
    #expect(roles.all.count == 504)
    #expect(problems.map(\.sentence) == ["only the first 500 files are read"])
  }

  @Test func theBuiltInRolesReadOnlyWhereTheySaySo() {
    let roles = AgentRoles()
    for name in ["Explore", "Plan"] {
      #expect(roles[name]?.canChange == false)
      #expect(roles[name]?.permissionMode == "plan")
      #expect(roles[name]?.tools == ["read", "glob", "grep"])
    }
    #expect(roles["bash"]?.allows(tool: "write") == false)
    #expect(roles.general.allows(tool: "mcp__x__y"))
    for role in roles.all { #expect(role.system.utf8.count > 1000 && !role.system.contains("\\")) }
  }
}
