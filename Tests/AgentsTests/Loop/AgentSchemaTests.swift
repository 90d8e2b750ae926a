import Agents
import Models
import Testing
import WireText

@Suite(.timeLimit(.minutes(1))) struct AgentSchemaTests {
  private static let schema: JSONValue = [
    "type": "object", "properties": ["n": ["type": "integer"]], "required": ["n"],
  ]

  private func run(_ model: ScriptedModel, tools: [AgentTool] = []) async -> AgentEnd {
    await model.run(AgentOrder(prompt: "count", tools: tools, schema: AgentSchemaTests.schema))
  }

  @Test(arguments: [
    #"{"n": 3}"#, "Here it is:\n```json\n{\"n\": 3}\n```\n", "The answer is {\"n\": 3}. Anything else?",
    "```\n{\"n\":\n3}\n```",
  ])
  func anAnswerThatFitsIsData(text: String) async {
    let model = ScriptedModel([ScriptedModel.says(text)])
    let end = await run(model)
    #expect(end.data == ["n": 3])
    #expect(model.requests[0].schema?.schema == AgentSchemaTests.schema)
  }

  @Test func whatDoesNotFitIsAskedForAgainWithItsProblems() async {
    let model = ScriptedModel([
      ScriptedModel.says("three"), ScriptedModel.says(#"{"n": "three"}"#), ScriptedModel.says(#"{"n": 3}"#),
    ])
    #expect(await run(model).data == ["n": 3])
    #expect("\(model.requests[1].messages)".contains("it is no JSON value"))
    #expect("\(model.requests[2].messages)".contains("n has to be an integer"))
  }

  @Test func afterThreeMoreTimesItFails() async {
    let model = ScriptedModel([ScriptedModel.says("three")])
    #expect(await run(model).failure == .schemaInvalid(["it is no JSON value"]))
    #expect(model.requests.count == 4)
  }

  @Test func aProviderThatTakesNoSchemaBesideToolsGetsItInThePrompt() async {
    let model = ScriptedModel([ScriptedModel.fails(.badRequest), ScriptedModel.says(#"{"n": 3}"#)])
    #expect(await run(model, tools: [.echo()]).data == ["n": 3])
    #expect(model.requests[1].schema == nil)
    #expect(model.requests[1].system.contains(#""required":["n"]"#))
  }

  @Test func withoutASchemaAnAnswerInJSONIsData() async {
    let model = ScriptedModel([ScriptedModel.says("```json\n[1, 2]\n```")])
    #expect(await model.run(AgentOrder(prompt: "count")).data == [1, 2])
    let words = ScriptedModel([ScriptedModel.says("42")])
    #expect(await words.run(AgentOrder(prompt: "count")).data == nil)
  }
}
