import Agents
import Configuration
import Testing

/// A gateway's routes as a configuration of ours.
@Suite struct RoutesImportTests {
  private func load(_ imported: RoutesImport) throws -> Settings {
    let world = Surroundings()
    try world.write(world.userFile, imported.text)
    return try world.load()
  }

  @Test func theDocumentedRoutesBecomeAgents() throws {
    let json = """
      {
        "tieredRouting": {
          "routes": {
            "remi": { "agent": "remi", "workdir": "/home/me/work", "memory": "/home/me/work/memory/MEMORY.md" },
            "raya": { "agent": "raya", "workdir": "/home/me/work", "memory": "/home/me/work/memory/research/MEMORY.md" },
            "renata": { "agent": "renata", "workdir": "/home/me/work/projects/edge", "memory": "/home/me/MEMORY.md" }
          }
        }
      }
      """
    let imported = try RoutesImport(Array(json.utf8), from: "routes.json")
    #expect(imported.notes.isEmpty && imported.count == 3)
    let roles = try load(imported).roles
    #expect(roles.map(\.name).sorted() == ["raya", "remi", "renata"])
    let raya = try #require(roles.first { $0.name == "raya" })
    #expect(raya.workdir == "/home/me/work" && raya.memory == "/home/me/work/memory/research/MEMORY.md")
  }

  @Test func whatCannotBeTakenOverIsSaid() throws {
    let json = """
      { "gateway": { "port": 18801 }, "tieredRouting": { "default": "remi", "routes": {
        "ted": { "agent": "other", "model": "deepseek-ai/deepseek-v3.2", "tier": "best", "base_url": "http://evil", "key": "k" },
        "two words": {}, "x": 5, "y": { "tier": "huge", "tools": ["read", 1] } } } }
      """
    let imported = try RoutesImport(Array(json.utf8), from: "routes.json")
    #expect(
      imported.notes == [
        "gateway is not taken over", "tieredRouting.default is not taken over",
        "routes.ted.agent is \"other\": the agent is called ted here",
        "routes.ted.model = \"deepseek-ai/deepseek-v3.2\" names no provider that is known: write it as \"provider/deepseek-ai/deepseek-v3.2\"",
        "routes.ted.base_url is not taken over", "routes.ted.key is not taken over",
        "routes[\"two words\"]: an agent's name is letters, digits, '-', '_' and '.'", "routes.x is no object",
        "routes.y.tier is no tier: \"huge\"", "routes.y.tools: only texts are taken over",
      ])
    let roles = try load(imported).roles
    #expect(roles.map(\.name) == ["ted", "y"] && roles[0].tier == "best" && roles[1].tools == ["read"])
    #expect(!imported.text.contains("evil"))
  }

  @Test func textsCannotBreakOut() throws {
    let json = #"{ "routes": { "end": { "workdir": "a\"} os.exit() --\\\n]]\u0007" } } }"#
    let imported = try RoutesImport(Array(json.utf8), from: "routes.json")
    #expect(try load(imported).roles.first?.workdir == "a\"} os.exit() --\\\n]]\u{07}")
  }

  @Test(arguments: [
    ("{", "is not JSON"), ("{}", "has no tieredRouting.routes"), ("[]", "has no tieredRouting.routes"),
  ])
  func anythingElseIsAnError(_ json: String, _ sentence: String) {
    do throws(SettingsError) {
      _ = try RoutesImport(Array(json.utf8), from: "routes.json")
      Issue.record("it was taken")
    } catch {
      #expect(error.description.hasPrefix("routes.json: \(sentence)"), "\(error)")
    }
  }
}
