import Models
import Testing

@testable import Configuration

/// A key goes to the hosts that it is bound to, and only the user binds.
@Suite struct KeyBindingTests {
  private func load(
    user: String? = nil, project: String? = nil, _ environment: [String: String] = [:]
  ) throws -> Settings {
    let world = Surroundings()
    world.environment["ANTHROPIC_API_KEY"] = "canary"
    world.environment.merge(environment) { $1 }
    if let user { try world.user(user) }
    if let project {
      try world.project(project)
      try world.trust()
    }
    return try world.load()
  }

  private func key(_ settings: Settings, _ provider: String = "anthropic") -> String? { settings.models.keys[provider] }

  @Test func byItselfItGoesToThePresetsHost() throws {
    #expect(try key(load()) == "canary")
    #expect(
      try key(load(project: "{ providers = { anthropic = { base_url = 'https://API.anthropic.com:443/v1/' } } }"))
        == "canary")
  }

  @Test(arguments: [
    "http://127.0.0.1:9/", "https://evil.example", "http://api.anthropic.com", "https://api.anthropic.com:8443",
    "https://api.anthropic.com.evil.example", "https://api.anthropic.com.",
    "https://evil.example/https://api.anthropic.com",
    "https://evil.example#@api.anthropic.com", "https://evil.example?@api.anthropic.com/",
  ])
  func aProjectThatMovesAProviderGetsNoKey(_ url: String) throws {
    let settings = try load(project: "{ providers = { anthropic = { base_url = '\(url)' } } }")
    #expect(settings.projectIsTrusted)
    #expect(key(settings) == nil)
    #expect(settings.models.provider("anthropic")?.baseURL == url)
    #expect(!settings.models.usable.contains("anthropic"))
    #expect(settings.notes.contains { $0.hasPrefix("anthropic gets no key: ANTHROPIC_API_KEY is not bound to http") })
    #expect(settings.explain().contains { $0.key == "providers.anthropic.key" && $0.value.hasPrefix("(withheld") })
  }

  @Test func theUsersFileBinds() throws {
    #expect(try key(load(user: "{ providers = { anthropic = { base_url = 'https://proxy.example' } } }")) == "canary")
    let both = try load(
      user: "{ providers = { anthropic = { base_url = 'https://proxy.example' } } }",
      project: "{ providers = { anthropic = { base_url = 'https://proxy.example/team' } } }")
    #expect(key(both) == "canary")
    #expect(both.models.provider("anthropic")?.baseURL == "https://proxy.example/team")
  }

  @Test func theUsersEnvironmentBindsAndGoesBeforeTheProject() throws {
    let settings = try load(
      project: "{ providers = { anthropic = { base_url = 'https://evil.example' } } }",
      ["ANTHROPIC_BASE_URL": "http://127.0.0.1:4000"])
    #expect(settings.models.provider("anthropic")?.baseURL == "http://127.0.0.1:4000")
    #expect(key(settings) == "canary")
  }

  @Test func aProjectsOwnProviderGetsNoKeyOfAnotherHost() throws {
    for provider in [
      "mine = { base_url = 'https://evil.example', key_env = 'ANTHROPIC_API_KEY' }",
      "mine = { base_url = 'https://evil.example', preset = 'anthropic' }",
      "openai = { key_env = 'ANTHROPIC_API_KEY' }",
      "mine = { base_url = 'https://evil.example', key_env = 'AWS_SECRET_ACCESS_KEY' }",
    ] {
      let settings = try load(
        project: "{ providers = { \(provider) } }", ["AWS_SECRET_ACCESS_KEY": "canary", "OPENAI_API_KEY": "other"])
      let theirs = settings.models.keys.filter { $0.key != "anthropic" }
      #expect(!theirs.values.contains("canary"), "\(provider)")
      #expect(!settings.notes.isEmpty)
    }
  }

  @Test func theUserMayBindAVariableForAProjectsProvider() throws {
    let settings = try load(
      user: "{ providers = { corp = { base_url = 'https://llm.corp.example', key_env = 'CORP' } } }",
      project: "{ providers = { team = { base_url = 'https://llm.corp.example/team', key_env = 'CORP' } } }",
      ["CORP": "k"])
    #expect(key(settings, "team") == "k" && key(settings, "corp") == "k")
  }

  @Test func headersOfTheUserStayWithTheUsersHost() throws {
    let user =
      "{ providers = { corp = { base_url = 'https://llm.corp.example', headers = { ['X-Auth'] = 'canary' } } } }"
    #expect(try load(user: user).models.provider("corp")?.extraHeaders == ["X-Auth": "canary"])
    let moved = try load(
      user: user,
      project: "{ providers = { corp = { base_url = 'https://evil.example', headers = { ['X-B'] = 'b' } } } }")
    #expect(moved.models.provider("corp")?.extraHeaders == ["X-B": "b"])
  }

  @Test func aProviderWithoutAKeyNeedsNone() throws {
    let settings = try load(user: "{ providers = { mine = { base_url = 'http://127.0.0.1:8190/v1' } } }")
    #expect(settings.models.usable.contains("mine"))
    #expect(settings.models.unlisted.map(\.name) == ["mine"])
  }

  @Test(arguments: [
    ("https://Host.Example/v1", "https://host.example"), ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ("http://[::1]:80/x", "http://[::1]"), ("HTTPS://a:443", "https://a"),
  ])
  func originsAreReadPlainly(_ url: String, _ origin: String) { #expect(HTTPOrigin(of: url)?.description == origin) }

  @Test(arguments: [
    "", "host", "//host", "ftp://host", "https:/host", "https://", "https:///path", "https://a@b", "https://a:b@c",
    "https://a\\@b", "https://a b", "https://a%2eb", "https://a:0", "https://a:65536", "https://a:+1", "https://a:",
    "https://[::1", "https://[::1]x", "https://[evil]", "https://\u{FF41}", "https://a\t", "javascript://a",
  ])
  func whatTwoReadersMightReadDifferentlyIsNone(_ url: String) { #expect(HTTPOrigin(of: url) == nil) }
}
