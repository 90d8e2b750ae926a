import Agents
import Models
import Synchronization
import Testing
import WireText

@Suite(.timeLimit(.minutes(2))) struct AgentLoopTests {
  @Test func anAnswerWithoutCallsIsTheEnd() async {
    let model = ScriptedModel([ScriptedModel.says("done")])
    let end = await model.run(AgentOrder(system: "be brief", prompt: "do it"))
    #expect(end.answer == "done")
    #expect(end.turns == 1)
    #expect(end.usage == TokenUsage(input: 10, output: 5))
    #expect(end.unpricedTurns == 1)
    #expect(model.requests[0].system == "be brief")
    #expect(model.requests[0].messages == [.user("do it")])
    #expect(model.events.contains(.text("done")))
  }

  @Test func callsGetTheirResultsInOrder() async {
    let model = ScriptedModel([
      ScriptedModel.calls(("echo", #"{"text":"a"}"#), ("echo", #"{"text":"b"}"#)), ScriptedModel.says("done"),
    ])
    let end = await model.run(AgentOrder(prompt: "do it", tools: [.echo()]))
    #expect(end.answer == "done")
    #expect(
      model.requests[1].messages.last
        == .results([ToolResult(callID: "call0", text: "a"), ToolResult(callID: "call1", text: "b")]))
  }

  @Test func readingCallsRunSideBySideAndOthersOneAfterTheOther() async {
    let running = Mutex((now: 0, most: 0))
    func tool(_ name: String, _ kind: ToolKind) -> AgentTool {
      AgentTool(ModelTool(name: name, description: "", schema: ["type": "object"]), kind: kind) { _, _ in
        running.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
        try? await Task.sleep(for: .milliseconds(50))
        running.withLock { $0.now -= 1 }
        return ToolOutcome("ok")
      }
    }
    for (kind, most) in [(ToolKind.reads, 2...3), (.executes, 1...1)] {
      running.withLock { $0 = (0, 0) }
      let model = ScriptedModel([
        ScriptedModel.calls(("t", "{}"), ("t", "{}"), ("t", "{}")), ScriptedModel.says("done"),
      ])
      let end = await model.run(AgentOrder(prompt: "do it", tools: [tool("t", kind)]))
      #expect(end.answer == "done")
      #expect(most.contains(running.withLock { $0.most }))
    }
  }

  @Test(arguments: [
    (#"{"text": "#, "no JSON"), ("[1]", "have to be a JSON object"), ("{}", "text is missing"),
    (#"{"text": 5}"#, "text has to be a string, and is the number 5"),
  ])
  func argumentsThatAreWrongAreARefusal(arguments: String, words: String) async throws {
    let model = ScriptedModel([ScriptedModel.calls(("echo", arguments)), ScriptedModel.says("done")])
    let end = await model.run(AgentOrder(prompt: "do it", tools: [.echo()]))
    #expect(end.answer == "done")
    let report = try #require(model.reports.first)
    #expect(report.result.text.contains(words))
    #expect(report.result.isError)
    #expect(!report.didRun)
  }

  @Test func anUnknownToolNamesTheNearest() async throws {
    let model = ScriptedModel([ScriptedModel.calls(("Ekho", "{}"), ("zzzzzz", "{}")), ScriptedModel.says("done")])
    _ = await model.run(AgentOrder(prompt: "do it", tools: [.echo()]))
    #expect(
      model.reports.map(\.result.text).sorted() == [
        "not run: there is no tool 'Ekho'; did you mean 'echo'?", "not run: there is no tool 'zzzzzz'; there are echo",
      ])
  }

  @Test func nullForWhatMayBeLeftOutIsLeftOut() async {
    let tool = AgentTool(
      ModelTool(
        name: "t", description: "", schema: ["type": "object", "properties": ["limit": ["type": "integer"]]]),
      kind: .reads
    ) { input, _ in ToolOutcome("\(input.members.count)") }
    let model = ScriptedModel([ScriptedModel.calls(("t", #"{"limit":null}"#)), ScriptedModel.says("done")])
    _ = await model.run(AgentOrder(prompt: "do it", tools: [tool]))
    #expect(model.reports.map(\.result.text) == ["0"])
  }

  @Test func aDeniedCallIsNotMadeAndSaysSo() async throws {
    let model = ScriptedModel(
      [ScriptedModel.calls(("run", #"{"text":"x"}"#)), ScriptedModel.says("done")], permission: .deny("not on Sundays"))
    let end = await model.run(AgentOrder(prompt: "do it", tools: [.echo("run", kind: .executes)]))
    #expect(end.answer == "done")
    #expect(model.reports.map(\.result.text) == ["not run: permission denied: not on Sundays"])
    #expect(model.questions.map(\.tool) == ["run"])
  }

  @Test func aDenialMayEndTheAgentAndEveryCallIsAnswered() async {
    let model = ScriptedModel(
      [ScriptedModel.calls(("run", #"{"text":"x"}"#), ("echo", #"{"text":"y"}"#))], permission: .end("the run is over"))
    let end = await model.run(AgentOrder(prompt: "do it", tools: [.echo("run", kind: .executes), .echo()]))
    #expect(end.failure == .permissionDenied("the run is over"))
    #expect(model.reports.map(\.didRun) == [false, false])
  }

  @Test func thoughtsGoBackUnchanged() async {
    let thought = ModelThought(text: "hm", signature: "s1")
    let call = ToolCall(id: "c", name: "echo", arguments: #"{"text":"a"}"#)
    let model = ScriptedModel([
      ScriptedModel.gives([.thinking(thought), .toolCall(call)], stop: .toolUse),
      ScriptedModel.says("done"),
    ])
    _ = await model.run(AgentOrder(prompt: "do it", tools: [.echo()]))
    #expect(model.requests[1].messages[1].parts == [.thinking(thought), .toolCall(call)])
  }

  @Test func idsThatComeTwiceAreMadeDifferent() async {
    let model = ScriptedModel([
      ScriptedModel.calls(("echo", #"{"text":"a"}"#)), ScriptedModel.calls(("echo", #"{"text":"b"}"#)),
      ScriptedModel.says("done"),
    ])
    _ = await model.run(AgentOrder(prompt: "do it", tools: [.echo()]))
    #expect(model.reports.map(\.call.id) == ["call0", "call0_2"])
    #expect(model.requests[2].unpaired == [])
  }

  @Test func aCutAnswerIsContinued() async {
    let model = ScriptedModel([
      ScriptedModel.says("one, ", stop: .maxTokens), ScriptedModel.says("two, ", stop: .maxTokens),
      ScriptedModel.says("three"),
    ])
    let end = await model.run(AgentOrder(prompt: "count"))
    #expect(end.answer == "one, two, three")
    #expect(!end.isCutOff)
  }

  @Test func anAnswerThatNeverEndsIsToldToBeCutOff() async {
    let model = ScriptedModel([ScriptedModel.says("la", stop: .maxTokens)])
    let end = await model.run(AgentOrder(prompt: "sing"))
    #expect(end.answer == "lalalala")
    #expect(end.isCutOff)
    #expect(model.requests.count == 4)
  }

  @Test func argumentsThatWereCutOffAreToldSo() async throws {
    let call = ToolCall(id: "c", name: "echo", arguments: #"{"text":"aaa"#)
    let model = ScriptedModel([
      ScriptedModel.gives([.toolCall(call)], stop: .maxTokens), ScriptedModel.says("done"),
    ])
    _ = await model.run(AgentOrder(prompt: "do it", tools: [.echo()]))
    #expect(try #require(model.reports.first).result.text.contains("cut off at the limit of tokens"))
  }

  @Test func aPausedTurnGoesOn() async {
    let model = ScriptedModel([ScriptedModel.says("first ", stop: .paused), ScriptedModel.says("second")])
    let end = await model.run(AgentOrder(prompt: "do it"))
    #expect(end.answer == "first second")
    #expect(model.requests[1].messages.last == .assistant("first "))
  }

  @Test func anEmptyAnswerIsAskedForOnceMore() async {
    let model = ScriptedModel([ScriptedModel.fails(.emptyResult), ScriptedModel.says("here")])
    #expect(await model.run(AgentOrder(prompt: "do it")).answer == "here")
    let silent = ScriptedModel([ScriptedModel.says("  \n")])
    #expect(await silent.run(AgentOrder(prompt: "do it")).failure == .emptyResult)
    #expect(silent.requests.count == 2)
  }

  @Test func aRefusalIsAFailure() async {
    let model = ScriptedModel([ScriptedModel.fails(.refusal)])
    let end = await model.run(AgentOrder(prompt: "do it"))
    #expect(end.failure == .model(.provider(ProviderError(kind: .refusal, message: ""), tried: [])))
  }

  @Test func theSameCallAgainAndAgainIsWarnedOfAndThenEndsTheAgent() async throws {
    let ran = Mutex(0)
    let tool = AgentTool(ModelTool(name: "t", description: "", schema: [:]), kind: .reads) { _, _ in
      ran.withLock { $0 += 1 }
      return ToolOutcome("same")
    }
    let spellings = [#"{"a":1,"b":2}"#, #"{"b": 2, "a": 1}"#]
    let model = ScriptedModel(
      (0..<30).map { ScriptedModel.calls(("t", spellings[$0 % 2])) } + [ScriptedModel.says("done")])
    let end = await model.run(AgentOrder(prompt: "do it", tools: [tool]))
    #expect(end.failure == .repeated(tool: "t", count: 22))
    #expect(ran.withLock { $0 } == 20)
    #expect(model.reports.count == 22)
    #expect(model.reports[20].result.text.contains("you have called 't' 20 times with the same arguments"))
  }

  @Test func theLastTurnIsToldSoAndHasNoTools() async {
    let model = ScriptedModel([
      ScriptedModel.calls(("echo", #"{"text":"a"}"#)), ScriptedModel.calls(("echo", #"{"text":"b"}"#)),
      ScriptedModel.says("what I found"),
    ])
    let end = await model.run(AgentOrder(prompt: "do it", tools: [.echo()], limits: AgentLimits(turns: 3)))
    #expect(end.answer == "what I found")
    #expect(model.requests.map(\.toolChoice) == [.automatic, .automatic, .forbidden])
    #expect(model.requests[2].tools.count == 1)
    #expect(model.events.contains(.lastTurn(.turns)))
    #expect("\(model.requests[2].messages)".contains("This is your last turn"))
  }

  @Test func withoutAnAnswerInTheLastTurnItFails() async {
    let model = ScriptedModel((0..<9).map { ScriptedModel.calls(("echo", "{\"text\":\"\($0)\"}")) })
    let end = await model.run(AgentOrder(prompt: "do it", tools: [.echo()], limits: AgentLimits(turns: 3)))
    #expect(end.failure == .maxTurns(3))
    #expect(model.requests.count == 3)
    #expect(model.reports.count == 2)
  }

  @Test func tokensAreLimited() async {
    let model = ScriptedModel((0..<99).map { ScriptedModel.calls(("echo", "{\"text\":\"\($0)\"}")) })
    let end = await model.run(AgentOrder(prompt: "do it", tools: [.echo()], limits: AgentLimits(tokens: 1000)))
    guard case .maxTokens(let limit, let spent)? = end.failure else {
      Issue.record("\(end)")
      return
    }
    #expect(limit == 1000)
    #expect(spent <= 1000)
    #expect(model.events.contains(.lastTurn(.tokens)))
  }

  @Test func moneyIsLimited() async {
    let cent = Money(picodollars: 10_000_000_000)
    let model = ScriptedModel([
      ScriptedModel.decides { request in
        let call = ToolCall(id: "c", name: "echo", arguments: "{\"text\":\"\(request.messages.count)\"}")
        return ScriptedModel.turn(
          [request.toolChoice == .forbidden ? .text("so far") : .toolCall(call)], stop: .endOfTurn, cost: cent)
      }
    ])
    let limits = AgentLimits(cost: Money(picodollars: 50_000_000_000))
    let end = await model.run(AgentOrder(prompt: "do it", tools: [.echo()], limits: limits))
    #expect(end.answer == "so far")
    #expect(end.cost.picodollars <= 50_000_000_000)
    #expect(model.requests.count == 5)
  }

  @Test func aFailureOfTheModelIsTheEnd() async {
    let failure = ModelFailure.noProvider("set a key")
    let model = ScriptedModel([ScriptedModel.fails(failure)])
    #expect(await model.run(AgentOrder(prompt: "do it")).failure == .model(failure))
  }

  @Test func anotherModelBeginsAnew() async {
    let other = RoutedModel(name: ModelName(provider: "b", model: "big"), tier: .best)
    let model = ScriptedModel([
      ScriptedModel.calls(("echo", #"{"text":"a"}"#)),
      ScriptedModel.fails(ModelFailure.anew(other, prompt: "simpler")), ScriptedModel.says("done"),
    ])
    let end = await model.run(AgentOrder(prompt: "do it", tools: [.echo()]))
    #expect(end.answer == "done")
    #expect(model.requests[2].messages == [.user("simpler")])
    #expect(model.events.contains(.restarted(other.name, prompt: "simpler")))
  }

  @Test func longResultsAreCutToHeadAndTail() async throws {
    let tool = AgentTool(ModelTool(name: "t", description: "", schema: [:]), kind: .reads) { _, _ in
      ToolOutcome("begin" + String(repeating: "ü", count: 40_000) + "end")
    }
    let model = ScriptedModel([ScriptedModel.calls(("t", "{}")), ScriptedModel.says("done")])
    _ = await model.run(AgentOrder(prompt: "do it", tools: [tool]))
    let text = try #require(model.reports.first).result.text
    #expect(text.utf8.count < 32_200)
    #expect(text.hasPrefix("begin") && text.hasSuffix("end") && text.contains(" bytes are left out here"))
    #expect(!text.unicodeScalars.contains("\u{FFFD}"))
  }

  @Test func pathsThatAreDeniedAreKnownToTools() async throws {
    let tool = AgentTool(ModelTool(name: "t", description: "", schema: [:]), kind: .reads) { _, context in
      ToolOutcome("\(context.maySee("a.txt")) \(context.maySee(".env"))")
    }
    let model = ScriptedModel([ScriptedModel.calls(("t", "{}")), ScriptedModel.says("done")])
    let policy = PermissionPolicy([PermissionRule(tool: "read", pattern: ".env*", .deny)])
    _ = await model.run(AgentOrder(prompt: "do it", tools: [tool], permissions: policy))
    #expect(model.reports.map(\.result.text) == ["true false"])
  }
}
