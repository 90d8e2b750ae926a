import Jobs
import Testing

/// What the built program says when it is given something wrong, word for word.
@Suite struct MessagesTests {
  private let program = Program()

  @Test(arguments: [
    (["--frobnicate"], "unrecognized option '--frobnicate'; 'agentscript --help' lists what there is"),
    (["-h"], "unrecognized option '-h'; did you mean '--help'?"),
    (["-e"], "'-e' needs argument: a chunk of Lua, as in -e 'print(1)'"),
    (["-l"], "'-l' needs argument: a module's name, as in -l json"),
    (["deploy.lua"], "cannot open 'deploy.lua': no such file"),
    (["jbos"], "cannot open 'jbos': no such file; did you mean the command 'jobs'?"),
    (["run", "deploy.lua"], "cannot open 'deploy.lua': no such file"),
    (["run"], "run needs the FILE of a script (see 'agentscript run --help')"),
    (
      ["run", "--tiemout", "5m", "x.lua"],
      "Unknown option '--tiemout'. Did you mean '--timeout'? (see 'agentscript run --help')"
    ),
    (
      ["run", "--timeout", "5 parsecs", "x.lua"],
      "The value '5 parsecs' is invalid for '--timeout <duration>': a duration is a number and a unit, "
        + "as in 250ms, 10s, 5m, 1.5h or 30d (see 'agentscript run --help')"
    ),
    (["run", "--resume", "r-1", "x.lua"], "the option '--resume' is not there yet (see 'agentscript run --help')"),
    (
      ["run", "--budget", "much", "x.lua"],
      "The value 'much' is invalid for '--budget <amount>': 'much' is no budget: give US dollars, as in 2.50, or tokens, as "
        + "in 200000tokens (see 'agentscript run --help')"
    ),
    (["serve"], "the command 'serve' is not there yet (to run a script of that name: agentscript ./serve)"),
    (["jobs", "--status", "faild"], "'faild' is no status; did you mean 'failed'?"),
    (["kill"], "kill needs ids, or --run, or --group, or --all, and only one of these (see 'agentscript kill --help')"),
  ])
  func aWrongCommandLineIsOneSentenceAndCodeTwo(arguments: [String], message: String) {
    let result = program.start(arguments)()
    #expect(result.errors == "agentscript: \(message)\n")
    #expect(result.output.isEmpty)
    #expect(result.code == 2)
  }

  @Test func aFolderIsNoScript() {
    let result = program.run("/")
    #expect(result.errors == "agentscript: cannot run '/': it is a directory\n")
    #expect(result.code == 2)
  }

  @Test func aNeighbourWithTheEndingIsSuggested() {
    program.write("deploy.lua", "")
    #expect(program.run("deploy").errors.hasSuffix("no such file; did you mean 'deploy.lua'?\n"))
    #expect(program.run("depoly.lua").errors.hasSuffix("no such file; did you mean 'deploy.lua'?\n"))
  }

  @Test func aFileNamedLikeACommandIsRunByItsPath() {
    program.write("jobs", "print('mine', ...)")
    let result = program.run("./jobs", "--json")
    #expect(result.text == "mine\t--json\n")
    #expect(result.code == 0)
  }

  @Test(arguments: ["jobs", "show", "logs", "results", "wait", "kill", "rm", "prune", "run", "completions"])
  func everyCommandHasHelpWithAnExample(command: String) {
    for result in [program.run(command, "--help"), program.run("help", command)] {
      #expect(result.code == 0)
      #expect(result.errors.isEmpty)
      #expect(result.text.contains("Example"))
      #expect(result.text.contains("agentscript \(command)"))
    }
    #expect(program.run(command, "--version").text == "agentscript 0.1.0\n")
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func completionsAreWrittenForEveryShell(shell: String) {
    let result = program.run("completions", shell)
    #expect(result.code == 0)
    #expect(result.text.contains("agentscript") && result.text.contains("prune"))
  }

  @Test func aClosedPipeEndsQuietly() {
    let result = program.run("completions", "bash", through: "\"$0\" \"$@\" | head -1")
    #expect(result.text == "#!/bin/bash\n")
    #expect(result.errors.isEmpty)
    let ignoring = program.run("completions", "bash", through: "trap '' PIPE; \"$0\" \"$@\" | head -1")
    #expect(ignoring.errors.isEmpty)
  }

  @Test func aFullDiskUnderStandardOutputIsTold() {
    let result = program.run("completions", "bash", through: "\"$0\" \"$@\" > /dev/full")
    #expect(result.errors == "agentscript: cannot write the output: no space left on device\n")
    #expect(result.code == 1)
  }

  @Test func aProjectWithoutJobsIsAPlainSentence() {
    let sentence =
      "agentscript: there are no jobs yet: no script has started one here (looked in \(program.state.path))\n"
    let list = program.run("jobs")
    #expect(list.errors == sentence && list.output.isEmpty && list.code == 0)
    #expect(program.run("jobs", "--json").text == "[]\n")
    let show = program.run("show", "x")
    #expect(show.errors == sentence && show.code == 1)
  }

  @Test func aScriptsProgressIsPlainOutsideATerminalAndAbsentUnderQuiet() throws {
    program.write("one.lua", "task{command = 'true', name = 'lint'} task{command = 'exit 3', name = 'test'}")
    let lines = program.run("one.lua").errors.split(separator: "\n")
    let words = lines.map { $0.drop { $0 != " " }.dropFirst() }
    try #require(words.count == 4)
    #expect(words[0] == "started lint")
    #expect(words[1].hasPrefix("finished lint in "))
    #expect(words[2] == "started test")
    #expect(words[3].hasPrefix("failed test after ") && words[3].contains(": exit code 3"))
    #expect(lines.allSatisfy { $0.wholeMatch(of: /\[\d\d:\d\d:\d\d\] .*/) != nil })
    #expect(program.run("run", "--quiet", "one.lua").errors.isEmpty)
    #expect(program.run("-e", "print(1)").errors.isEmpty)
  }
}
