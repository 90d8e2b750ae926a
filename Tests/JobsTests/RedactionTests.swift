import FoundationEssentials
import Testing

@testable import Jobs

/// What counts as a secret, and that nothing of one stays in a text.
@Suite struct RedactionTests {
  @Test(arguments: [
    "API_KEY", "api_key", "ANTHROPIC_API_KEY", "GITHUB_TOKEN", "npm_config__authToken", "DB_PASSWORD", "PGPASSWORD",
    "MYSQL_PWD", "SSHPASS", "AWS_SECRET_ACCESS_KEY", "GOOGLE_CREDENTIALS", "HTTP_AUTHORIZATION", "Cookie", "TOKEN",
    "Key", "SIGNING_KEY2", "accessToken", "OPENAI-KEY", "sessionCookie", "GPG_PASSPHRASE", "STRIPE_APIKEY", "USER.PASS",
  ])
  func namesThatTellOfASecret(_ name: String) { #expect(SecretName.isSecret(name)) }

  @Test(arguments: [
    "", "PATH", "HOME", "PWD", "OLDPWD", "KEYBOARD", "XKEYMAP", "MONKEY", "TURKEY", "AUTHOR", "GIT_AUTHOR_NAME",
    "SSH_AUTH_SOCK", "TLS_KEY_FILE", "SSL_KEY_PATH", "GIT_ASKPASS", "XAUTHORITY", "AUTH_TYPE", "TOKEN_URL",
    "MAX_TOKENS", "CLAUDE_CODE_MAX_OUTPUT_TOKENS", "SSH_PUBLIC_KEY", "PATTERN", "COMPASS", "BYPASS", "PASSIVE",
    "DBUS_SESSION_BUS_ADDRESS", "TOKENIZERS_PARALLELISM", "KEYRING", "PASSWORD_STORE_DIR", "1234",
  ])
  func namesThatDoNot(_ name: String) { #expect(!SecretName.isSecret(name)) }

  private static let canary = "cAnArY/+ \"7\" & ünï\\cödé?"

  private func redaction(_ variables: [String: String]) -> Redaction {
    Redaction(environment: variables.map { (name: $0, value: $1) })
  }

  @Test func namesMayBeListedLater() {
    let redaction = Redaction.none.listing(["CUSTOMER"])
    #expect(redaction.isEmpty, "no such variable is there yet")
    let told = redaction.knowing([(name: "CUSTOMER", value: "acme-industries")])
    #expect(told.text("for acme-industries") == "for [redacted CUSTOMER]")
    let path = Redaction.ofThisProcess(listed: ["PATH"])
    #expect(path.names.contains("PATH") && !Redaction.ofThisProcess().names.contains("PATH"))
  }

  @Test func aSecretIsFoundInEveryForm() {
    let secret = Self.canary
    let redaction = redaction(["DEPLOY_TOKEN": secret, "HOME": "/home/me"])
    let data = Data(secret.utf8)
    var forms = [secret, data.base64EncodedString(), Data(("u:" + secret).utf8).base64EncodedString()]
    forms.append(Data(("x" + secret + "\n").utf8).base64EncodedString())
    forms.append(
      forms[1].replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: ""))
    let percent = data.map { byte in "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    forms += [percent, percent.uppercased(), secret.replacing(" ", with: "+"), secret.replacing(" ", with: "%20")]
    forms.append(secret.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))
    forms.append(
      secret.unicodeScalars.map { $0.value < 0x80 ? String($0) : "\\u00" + String($0.value, radix: 16) }.joined()
        .replacing("\\c", with: "\\\\c").replacing("\"", with: "\\\"").replacing("/", with: "\\/"))
    for form in forms {
      let text = redaction.text("before \(form) after /home/me")
      #expect(text.hasPrefix("before ") && text.hasSuffix(" after /home/me"), "\(form): \(text)")
      #expect(text.contains("[redacted DEPLOY_TOKEN]"), "\(form)")
      #expect(!text.contains("cAnArY") && !text.contains("Y0FuQXJ") && !text.contains("%63%41"), "\(form): \(text)")
    }
  }

  @Test func whereThereIsNoSecretNothingChanges() {
    let none = redaction(["HOME": "/root", "API_KEY": "short", "AUTH_TOKEN": "changeme", "TLS_KEY": "/etc/passwd"])
    #expect(none.isEmpty)
    #expect(none.text("short /etc/passwd changeme") == "short /etc/passwd changeme")
    let one = redaction(["API_KEY": "longer"])
    let text = one.text("long, longe%72 and l0nger: \\u00zz %zz \\")
    #expect(text == "long, [redacted API_KEY] and l0nger: \\u00zz %zz \\")
    #expect(one.bytes([0xFF, 0xC3, 0x00]) == [0xFF, 0xC3, 0x00])
    #expect(one.text("") == "")
  }

  @Test func whatOverlapsIsTakenWhole() {
    let redaction = redaction(["A_KEY": "abcdefgh", "B_KEY": "efghijkl", "C_KEY": "abcdef"])
    #expect(redaction.text("-abcdefghijkl-") == "-[redacted A_KEY]-")
    #expect(redaction.text("abcdefabcdefgh") == "[redacted C_KEY][redacted A_KEY]")
  }

  @Test func whatWasCutShowsNoPartOfASecret() {
    let redaction = redaction(["A_KEY": "0123456789abcdef"])
    #expect(redaction.text("key: 0123456789", cut: .end) == "key: [redacted A_KEY]")
    #expect(redaction.text("key: 0123456789") == "key: 0123456789")
    #expect(redaction.text("89abcdef was it", cut: .start) == "[redacted A_KEY] was it")
    #expect(redaction.text("012345", cut: [.start, .end]) == "012345")
  }

  @Test func theUserListsMoreOfThem() {
    let redaction = redaction([
      "AGENTSCRIPT_SECRETS": "CUSTOMER, WEBHOOK_URL", "CUSTOMER": "ACME Corp.", "OTHER": "ACMEE",
    ])
    #expect(redaction.text("for ACME Corp., ACMEE") == "for [redacted CUSTOMER], ACMEE")
    let more = redaction.knowing([(name: "WEBHOOK_URL", value: "https://hook.example/T0K3N")])
    #expect(more.text("https://hook.example/T0K3N ACME Corp.") == "[redacted WEBHOOK_URL] [redacted CUSTOMER]")
    #expect(redaction.text("https://hook.example/T0K3N") == "https://hook.example/T0K3N")
  }

  @Test(arguments: [
    ("postgres://app:s3cr%21t-9@db/x", "s3cr%21t-9"), ("postgres://app:s3cr%21t-9@db/x", "s3cr!t-9"),
    ("https://ghp_0123456789abcdef@github.com/a/b", "ghp_0123456789abcdef"),
  ])
  func passwordsInURLsAreSecrets(_ url: String, _ secret: String) {
    #expect(redaction(["DATABASE_URL": url]).text("-\(secret)-") == "-[redacted DATABASE_URL]-")
  }

  @Test(arguments: [
    "postgres://postgres:postgres@localhost/db", "https://example.org/a@b:c", "ssh://git@github.com/x", "a:b@c",
    "redis://:@host", "https://me:short@host",
  ])
  func otherURLsAreNone(_ url: String) { #expect(redaction(["DATABASE_URL": url]).isEmpty) }

  @Test func eachLineOfAPrivateKeyIsOne() {
    let key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\nkqhkiG9w0BAQEFAASCBKcwg\n-----END KEY-----\n"
    let redaction = redaction(["TLS_PRIVATE_KEY": key])
    #expect(redaction.text("kqhkiG9w0BAQEFAASCBKcwg") == "[redacted TLS_PRIVATE_KEY]")
    #expect(redaction.text("x " + key) == "x [redacted TLS_PRIVATE_KEY]\n")
    #expect(redaction.text(key.replacing("\n", with: "\\n")) == "[redacted TLS_PRIVATE_KEY]\\n")
  }

  @Test(arguments: [
    (#"{"a": "x 12345678 y", "b": 1}"#, #"{"a": "x [redacted A_KEY] y", "b": 1}"#),
    (#"[12345678, "12345678"]"#, #"["[redacted A_KEY]", "[redacted A_KEY]"]"#),
    (#"{"12345678": "\"\\"}"#, #"{"[redacted A_KEY]": "\"\\"}"#),
    (#"["\u0031\u0032345678"]"#, #"["[redacted A_KEY]"]"#),
    (#"[123456789]"#, #""[redacted A_KEY]""#),
    (#"["1234567", "8"]"#, #"["1234567", "8"]"#),
  ])
  func aJSONValueStaysOne(_ value: String, _ expected: String) throws {
    let redaction = redaction(["A_KEY": "12345678"])
    #expect(redaction.json(try #require(JSONText(validating: value))).text == expected)
  }

  @Test func noRandomTextKeepsASecret() {
    var generator = SystemRandomNumberGenerator()
    let alphabet = Array("ab%\\\"/+ 1é".unicodeScalars)
    func random(_ count: Int) -> String {
      var text = String.UnicodeScalarView()
      for _ in 0..<count { text.append(alphabet.randomElement(using: &generator) ?? "a") }
      return String(text)
    }
    for _ in 0..<3_000 {
      let secret = random(Int.random(in: 6...12, using: &generator))
      let redaction = redaction(["A_KEY": secret, "B_KEY": random(8)])
      let trimmed = String(secret.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      guard trimmed.utf8.count >= 6 else { continue }
      let text = redaction.text(random(20) + secret + random(5) + trimmed + random(20))
      #expect(!text.contains(trimmed), "\(secret) in \(text)")
    }
  }

  @Test func aThousandSecretsAreFoundInOnePass() {
    let variables = (0..<1_000).map { (name: "KEY\($0)_TOKEN", value: "value-number-\($0)-of-many") }
    let redaction = Redaction(environment: variables)
    #expect(redaction.count == 1_000)
    let text = String(repeating: "nothing to see here ", count: 10_000) + "value-number-777-of-many"
    #expect(redaction.text(text).hasSuffix(" [redacted KEY777_TOKEN]"))
  }

  @Test func aJobsRecordHoldsNone() throws {
    let redaction = redaction(["A_KEY": "12345678"])
    var draft = JobRecord(id: try JobID(validating: "a"), run: .random(), kind: .command)
    draft.name = "n 12345678"
    draft.description = "d 12345678"
    draft.agent = "a 12345678"
    draft.command = "c 12345678"
    draft.labels = ["l": "12345678"]
    var state = JobState(submitting: draft, isReady: true, at: .now(), redaction: redaction)
    var changes = [state.submission, state.apply(.started(pid: 1, pidStarted: 1), at: .now())]
    changes.append(state.apply(.progressed(fraction: nil, text: "p 12345678"), at: .now()))
    changes.append(state.apply(.retrying(.failed(.exitNonzero, error: "e 12345678")), at: .now()))
    changes.append(state.apply(.started(pid: 1, pidStarted: 1), at: .now()))
    var outcome = JobOutcome.cancelled(by: "b 12345678", why: "w 12345678")
    outcome.data = JSONText(validating: #"["12345678"]"#)
    changes.append(state.apply(.ended(outcome), at: .now()))
    for change in changes { #expect(!change.record.json().contains("12345678")) }
    let record = state.record
    #expect(record.name == "n [redacted A_KEY]" && record.data?.text == #"["[redacted A_KEY]"]"#)
    #expect(record.error == "cancelled by b [redacted A_KEY]: w [redacted A_KEY]")
  }
}
