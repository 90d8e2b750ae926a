import Jobs
import Runtime
import Testing

@testable import agentscript

/// What lua.c of 5.4.4 does with the same words.
@Suite struct LuaArgumentsTests {
  private func parse(_ arguments: String..., isTerminal: Bool = false) throws(UsageError) -> ScriptInvocation {
    try LuaArguments.parse(["agentscript"] + arguments) { isTerminal }
  }

  @Test func aScriptAndItsArguments() throws {
    let invocation = try parse("deploy.lua", "-x", "--", "prod")
    #expect(invocation.main == .file("deploy.lua"))
    #expect(invocation.scriptIndex == 1)
    #expect(invocation.argv == ["agentscript", "deploy.lua", "-x", "--", "prod"])
    #expect(invocation.steps.isEmpty)
    #expect(!invocation.interactive && !invocation.showVersion)
  }

  @Test func codeIsJoinedOrFollows() throws {
    #expect(try parse("-e", "print(1)").steps == [.code("print(1)")])
    #expect(try parse("-eprint(1)").steps == [.code("print(1)")])
    #expect(try parse("-e ", "--", "x.lua").steps == [.code(" ")])
    #expect(try parse("-e", "").steps == [.code("")])
    #expect(try parse("-e\u{301}x").steps == [.code("\u{301}x")])
  }

  @Test func codeAloneRunsNothingElse() throws {
    let invocation = try parse("-e", "x = 1", isTerminal: true)
    #expect(invocation.main == .none)
    #expect(!invocation.interactive)
    #expect(invocation.scriptIndex == 0)
  }

  @Test func librariesWithAndWithoutAGlobalInOrderWithCode() throws {
    let invocation = try parse("-l", "json", "-e", "a()", "-lm=math", "-l", "a.b=c=d", "x.lua")
    #expect(
      invocation.steps == [
        .library(name: "json", global: nil), .code("a()"), .library(name: "math", global: "m"),
        .library(name: "c=d", global: "a.b"),
      ])
    #expect(invocation.scriptIndex == 8)
  }

  @Test func libraryAloneStillReadsStandardInput() throws {
    #expect(try parse("-l", "json").main == .standardInput)
    #expect(try parse("-l", "json", isTerminal: true).interactive)
  }

  @Test func flags() throws {
    #expect(try parse("-E", "-W", "x.lua").ignoreEnvironment)
    #expect(try parse("-E", "-W", "x.lua").warnings)
    let interactive = try parse("-i", "x.lua")
    #expect(interactive.interactive && interactive.showVersion && interactive.main == .file("x.lua"))
    let version = try parse("-v", isTerminal: true)
    #expect(version.showVersion && !version.interactive && version.main == .none)
    let prompt = try parse("-i", isTerminal: false)
    #expect(prompt.interactive && prompt.main == .none)
  }

  @Test func noArgumentsAreThePromptOnATerminalAndAScriptFromInputElsewhere() throws {
    let prompt = try parse(isTerminal: true)
    #expect(prompt.interactive && prompt.showVersion && prompt.main == .none && prompt.scriptIndex == 0)
    let input = try parse(isTerminal: false)
    #expect(!input.interactive && !input.showVersion && input.main == .standardInput && input.scriptIndex == 0)
    #expect(try parse("-W").main == .standardInput)
    #expect(try parse("--").main == .standardInput)
    #expect(try parse("--", isTerminal: true).interactive)
  }

  @Test func aDashIsStandardInputUnlessItFollowsTheEndOfOptions() throws {
    let input = try parse("-", "-h")
    #expect(input.main == .standardInput)
    #expect(input.scriptIndex == 1)
    let file = try parse("--", "-")
    #expect(file.main == .file("-"))
    #expect(file.scriptIndex == 2)
    #expect(try parse("--", "-e").main == .file("-e"))
    #expect(try parse("-e", "x=1", "-").main == .standardInput)
  }

  @Test(arguments: ["-h", "---", "-Ex", "-vv", "-iv", "-Wx", "-x", "--max-concurrency", "--helpp", "-é"])
  func unknownOptionsAreNamed(option: String) {
    #expect(throws: UsageError.unknownOption(option)) { try parse(option) }
    #expect(UsageError.unknownOption(option).message.hasPrefix("unrecognized option '\(option)'"))
  }

  @Test func optionsWithoutTheirTextAreNamed() {
    #expect(throws: UsageError.needsArgument("-e")) { try parse("-e") }
    #expect(throws: UsageError.needsArgument("-e")) { try parse("-e", "-v") }
    #expect(throws: UsageError.needsArgument("-l")) { try parse("-v", "-l") }
    #expect(throws: UsageError.emptyFileName) { try parse("") }
  }

  @Test func anOptionAfterAnErrorIsNotReached() {
    #expect(throws: UsageError.unknownOption("-q")) { try parse("-q", "-e") }
  }

  @Test func hintsSayWhatWasMeant() {
    #expect(UsageError.unknownOption("-h").message == "unrecognized option '-h'; did you mean '--help'?")
    #expect(UsageError.unknownOption("--hlep").message.hasSuffix("did you mean '--help'?"))
    #expect(
      UsageError.unknownOption("--timeout=5m").message
        == "unrecognized option '--timeout=5m'; it belongs to 'run', as in: agentscript run --timeout … FILE")
    #expect(UsageError.unknownOption("--zzz").message.hasSuffix("'agentscript --help' lists what there is"))
    #expect(UsageError.unknownOption("-\u{1B}[2J").message.hasPrefix("unrecognized option '-\\x1b[2J'"))
  }

  @Test func theFirstWordDecidesBetweenScriptsAndCommands() {
    for word in ["run", "jobs", "ls", "bg-jobs", "help", "--help", "--version", "completions"] {
      #expect(CommandWord.meaning(of: word) == .command)
    }
    for word in ["serve", "mcp", "resume"] { #expect(CommandWord.meaning(of: word) == .later) }
    for word in [nil, "./run", "run.lua", "jobs/x", "-e", "-", "--", "-v", "deploy.lua", "Jobs"] {
      #expect(CommandWord.meaning(of: word) == .interpreter)
    }
  }

  @Test func aMisspelledWordIsRecognised() {
    #expect(NearMiss.best(for: "jbos", among: CommandWord.known) == "jobs")
    #expect(NearMiss.best(for: "log", among: CommandWord.known) == "logs")
    #expect(NearMiss.best(for: "resutls", among: CommandWord.known) == "results")
    #expect(NearMiss.best(for: "deploy", among: CommandWord.known) == nil)
  }
}
