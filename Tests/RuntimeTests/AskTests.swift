import Glibc
import Jobs
import Testing

/// Questions of a run and answers of people, through the program itself: at its terminal, from other processes, and none.
@Suite struct AskTests {
  private struct Bench {
    let folder: ScratchFolder
    let environment: [String: String]
    var state: StateDirectory { StateDirectory(path: folder.path + "/state") }

    init() throws {
      folder = try ScratchFolder()
      environment = ["AGENTSCRIPT_HOME": folder.path + "/state", "NO_COLOR": "1", "TERM": "xterm"]
    }

    func start(
      _ script: String, options: [String] = [], variables: [String: String] = [:], on terminal: PseudoTerminal? = nil
    ) throws -> LiveProgram {
      let file = try folder.write(script, to: "ask.lua")
      return try LiveProgram(
        [ProgramRun.agentscript, "run"] + options + [file], in: folder.path,
        environment: environment.merging(variables) { $1 }, terminal: terminal)
    }

    /// Another process of the same project, in a folder of its own for its output.
    func run(_ words: String...) throws -> ProgramRun {
      let place = try ScratchFolder()
      return try ProgramRun([ProgramRun.agentscript] + words, in: place.path, environment: environment)
    }

    /// The open decisions, once there are so many.
    func open(_ count: Int) async throws -> [DecisionRecord] {
      var found: [DecisionRecord] = []
      let areThere = await eventually(within: Load.stretched(.seconds(20))) {
        guard state.holdsRegistry, let registry = try? Registry.open(state, readOnly: true) else { return false }
        defer { registry.close() }
        found = (try? registry.decisions(open: true)) ?? []
        return found.count == count
      }
      try #require(areThere, "\(found.count) decisions are open")
      return found
    }
  }

  @Test func ARunIsAnsweredFromAnotherProcess() async throws {
    let bench = try Bench()
    let program = try bench.start(
      """
      local answer, how, by = ask { question = "Deploy \\27[31mred\\27[0m?", options = { "yes", "no" }, blocking = { "api" } }
      print(answer, how, by)
      """)
    let decision = try await bench.open(1)[0]
    let list = try bench.run("answer", "--list")
    #expect(list.output.contains(decision.id.rawValue) && list.output.contains("Deploy \\x1b[31mred\\x1b[0m?"))
    #expect(list.output.contains("blocks api") && !list.output.contains("\u{1B}[31m"))
    let json = try bench.run("decisions", "--json")
    #expect(json.output.contains("\"question\": \"Deploy \\u001b[31mred"))
    let wrong = try bench.run("answer", decision.id.rawValue, "maybe")
    #expect(wrong.exitCode == 2 && wrong.talk.contains("'maybe' is none of the options; there are 1 yes, 2 no"))
    let right = try bench.run("answer", String(decision.id.rawValue.prefix(5)), "2")
    #expect(right.exitCode == 0 && right.output == "\(decision.id)  no\n", "\(right.talk)")
    #expect(await program.end(within: Load.stretched(.seconds(20))) == 0)
    #expect(program.output == "no\tanswered\tcli\n")
    #expect(program.talk.contains("the run waits for an answer: Deploy"), "\(program.talk)")
    #expect(program.talk.contains("agentscript answer \(decision.id) TEXT"))
    let late = try bench.run("answer", decision.id.rawValue, "yes")
    #expect(late.exitCode == 1 && late.talk.contains("too late: \(decision.id) was answered with 'no' (cli"))
    #expect(try bench.run("decisions").talk.contains("nothing waits for a person"))
  }

  @Test func OfManyAnswersAtOnceOneCountsAndTheOthersAreTold() async throws {
    let bench = try Bench()
    let program = try bench.start("print((ask 'Who is first?'))")
    let id = try await bench.open(1)[0].id.rawValue
    let runs = try await withThrowingTaskGroup(of: ProgramRun.self) { group in
      for number in 1...6 { group.addTask { try bench.run("answer", id, "number \(number)") } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(await program.end(within: Load.stretched(.seconds(20))) == 0)
    let winners = runs.filter { $0.exitCode == 0 }
    #expect(winners.count == 1)
    #expect(winners.first.map { $0.output == "\(id)  \(program.output)" } == true)
    for loser in runs where loser.exitCode != 0 {
      #expect(loser.exitCode == 1 && loser.talk.contains("too late: \(id) was answered with 'number "), "\(loser.talk)")
    }
  }

  @Test func ARunIsParkedOnceItOnlyWaitsForPeople() async throws {
    let script = """
      parallel {
        function() ask { question = "First?", options = { "a", "b" } } end,
        function() task { name = "work", command = "sleep 0.3; echo done > work.txt" } end,
        function() task { name = "asker", fn = function() return (ask "Second?") end } end,
      }
      print("never")
      """
    for (options, variables) in [(["--park"], [:]), ([], ["AGENTSCRIPT_PARK": "1"])] {
      let bench = try Bench()
      let program = try bench.start(script, options: options, variables: variables)
      #expect(await program.end(within: Load.stretched(.seconds(20))) == 3, "\(program.talk)")
      #expect(TestFile.text(bench.folder.path + "/work.txt") == "done\n", "other work is done first")
      #expect(program.output.isEmpty)
      #expect(program.talk.contains("parked, waiting for an answer: First? (1 a, 2 b)"), "\(program.talk)")
      #expect(program.talk.contains("parked; the answer is kept for resuming the run"))
      let open = try await bench.open(2)
      #expect(Set(open.map(\.question)) == ["First?", "Second?"])
      #expect(open.filter(\.isParked).count == 2)
      let first = try #require(open.first { $0.question == "First?" })
      let answer = try bench.run("answer", first.id.rawValue, "b")
      #expect(answer.exitCode == 0 && answer.talk.contains("was parked"), "\(answer.talk)")
      #expect(try await bench.open(1)[0].question == "Second?")
    }
  }

  @Test func WhatIsAskedAtTheTerminalIsAnsweredThere() async throws {
    let bench = try Bench()
    let terminal = try PseudoTerminal()
    let program = try bench.start(
      """
      print("got", (ask { question = "Which\\27]0;evil\\7 one?", options = { "first", "second" }, default = "first" }))
      print("and", (ask { question = "Enter?", default = "usual" }))
      print("then", (ask { question = "From afar?" }))
      """, on: terminal)
    var screen = ""
    func shows(_ text: String) async -> Bool {
      await eventually(within: Load.stretched(.seconds(20))) {
        screen += terminal.take()
        return screen.contains(text)
      }
    }
    #expect(await shows("answer (1-2), Enter for 'first': "), "\(screen)")
    #expect(screen.contains("? Which\\x1b]0;evil\\x07 one?") && !screen.contains("\u{1B}]0;evil"))
    #expect(screen.contains("  1  first  (default)"))
    terminal.type("third\n")
    #expect(await shows("'third' is none of the options"), "\(screen)")
    terminal.type("2\n")
    #expect(await shows("got\tsecond"), "\(screen)")
    #expect(await shows("Enter for 'usual': "), "\(screen)")
    terminal.type("\n")
    #expect(await shows("and\tusual"), "\(screen)")
    #expect(await shows("? From afar?"), "\(screen)")
    let id = try await bench.open(1)[0].id.rawValue
    #expect(try bench.run("answer", id, "from", "elsewhere").exitCode == 0)
    #expect(await shows("then\tfrom elsewhere"), "\(screen)")
    #expect(await program.end(within: Load.stretched(.seconds(20))) == 0)
  }

  @Test func TheEndOfARunLeavesNoQuestionBehind() async throws {
    let bench = try Bench()
    let program = try bench.start("ask 'Forever?'")
    let decision = try await bench.open(1)[0]
    kill(program.pid, SIGTERM)
    #expect(await program.end(within: Load.stretched(.seconds(20))) == 143)
    _ = try await bench.open(0)
    let late = try bench.run("answer", decision.id.rawValue, "yes")
    #expect(late.exitCode == 1 && late.talk.contains("nobody waits for the answer to \(decision.id) any more"))
  }

  @Test func AQuestionOfARunThatWasKilledIsWithdrawnByWhoeverLooks() async throws {
    let bench = try Bench()
    let program = try bench.start("ask 'Forever?'")
    let decision = try await bench.open(1)[0]
    let runtime = try #require(program.runtime)
    kill(program.pid, SIGKILL)
    kill(runtime, SIGKILL)
    _ = await program.end(within: Load.stretched(.seconds(20)))
    let isGone = await eventually(within: Load.stretched(.seconds(20))) { kill(runtime, 0) != 0 }
    #expect(isGone)
    let list = try bench.run("decisions")
    #expect(list.exitCode == 0 && list.talk.contains("nothing waits for a person"), "\(list.output)")
    let late = try bench.run("answer", decision.id.rawValue, "yes")
    #expect(late.exitCode == 1 && late.talk.contains("nobody waits"), "\(late.talk)")
  }
}
