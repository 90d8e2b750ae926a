import Agents
import Testing

@Suite struct AgentToolTests {
  @Test func aFailureIsAnErrorWithItsSentence() {
    let outcome = ToolOutcome.failure("there is no file 'a'")
    #expect(outcome.isError)
    #expect(outcome.text == "there is no file 'a'")
  }
}
