import Testing
import WireText

@testable import Models

@Suite struct ProviderErrorTests {
  private let now = WallTime(milliseconds: 1_795_225_527_000)

  private func error(_ status: Int, _ body: String = "", _ headers: HTTPHeaders = [:]) -> ProviderError {
    ProviderError(status: status, headers: headers, body: Array(body.utf8), now: now)
  }

  @Test(arguments: [
    (401, #"{"error":{"type":"authentication_error","message":"x"}}"#, ProviderError.Kind.authentication, false),
    (401, "", .authentication, false), (402, #"{"error":{"code":402,"message":"credits"}}"#, .billing, false),
    (403, #"{"error":{"type":"permission_error"}}"#, .permission, false),
    (
      403, #"{"error":{"code":403,"message":"m","metadata":{"reasons":["x"],"flagged_input":"y"}}}"#, .contentFilter,
      false
    ),
    (404, #"{"error":{"code":"model_not_found"}}"#, .notFound, false),
    (404, #"{"detail":"Not Found"}"#, .notFound, false),
    (408, "", .timeout, true), (409, "", .server, true), (413, "", .requestTooLarge, false),
    (422, "{}", .badRequest, false),
    (429, #"{"error":{"type":"rate_limit_error"}}"#, .rateLimited, true), (429, "slow", .rateLimited, true),
    (429, #"{"error":{"type":"insufficient_quota","code":"insufficient_quota"}}"#, .billing, false),
    (429, #"{"error":{"type":"insufficient_quota","code":"project_spend_limit_exceeded"}}"#, .spendLimit, false),
    (
      429, #"{"error":{"type":"rate_limit_error","details":{"error_code":"enforced_spend_limit_reached"}}}"#,
      .spendLimit, false
    ),
    (500, "<html>", .server, true), (502, "", .server, true), (503, "", .overloaded, true),
    (503, #"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#, .overloaded, true),
    (504, #"{"error":{"type":"timeout_error"}}"#, .timeout, true), (529, "", .overloaded, true),
    (599, "", .server, true),
    (400, #"{"error":{"type":"invalid_request_error","message":"prompt is too long: 9 > 8"}}"#, .contextTooLong, false),
    (400, #"{"error":{"type":"invalid_request_error","message":"Your credit balance is too low"}}"#, .billing, false),
    (400, #"{"error":{"code":"context_length_exceeded"}}"#, .contextTooLong, false),
    (400, #"{"error":{"type":"invalid_request_error","message":"temperature is not supported"}}"#, .badRequest, false),
    (400, #"{"error":{"code":"content_policy_violation"}}"#, .contentFilter, false),
    (400, #"{"object":"error","message":"maximum context length is 5","code":400}"#, .contextTooLong, false),
    (301, "", .malformed, true),
  ])
  func StatusAndWordsMakeAKind(_ status: Int, _ body: String, _ kind: ProviderError.Kind, _ isRetryable: Bool) {
    let error = error(status, body)
    #expect(error.kind == kind && error.isRetryable == isRetryable && error.status == status)
    #expect(!error.description.isEmpty)
  }

  @Test func TheProvidersOwnWordOnRetryingWins() {
    #expect(error(400, "", ["x-should-retry": "true"]).isRetryable)
    #expect(!error(500, "", ["X-Should-Retry": "false"]).isRetryable)
    #expect(error(500, "", ["x-should-retry": "maybe"]).isRetryable)
    let spent = #"{"error":{"details":{"error_code":"enforced_spend_limit_reached"}}}"#
    #expect(!error(429, spent, ["x-should-retry": "true"]).isRetryable)
  }

  @Test(
    arguments: [
      (["retry-after-ms": "1500", "retry-after": "9"], Duration.milliseconds(1500)),
      (["Retry-After": "2"], .seconds(2)), (["retry-after": "0.25"], .milliseconds(250)),
      (["retry-after-ms": "abc", "retry-after": "4"], .seconds(4)),
      (["retry-after": "Sat, 21 Nov 2026 01:45:57 GMT"], .seconds(30)),
      (["retry-after": "Saturday, 21-Nov-26 01:45:57 GMT"], .seconds(30)),
      (["retry-after": "Sat Nov 21 01:45:57 2026"], .seconds(30)),
      (["retry-after": "Sat, 21 Nov 2026 01:45:00 GMT"], .zero), (["retry-after": "+5"], nil),
      (["retry-after": "-5"], nil),
      (["retry-after": "1e3"], nil), (["retry-after": ""], nil),
      (["retry-after": "Sat, 99 Nov 2026 01:45:57 GMT"], nil),
      (["retry-after": "1.2.3"], nil), (["retry-after": "999999999999999999999"], nil), (["retry-after": "0x10"], nil),
      (["x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m2.5s"], .milliseconds(62_500)),
      (["x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms"], .milliseconds(20)),
      (["x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "6m0s"], nil),
      (
        ["anthropic-ratelimit-tokens-remaining": "0", "anthropic-ratelimit-tokens-reset": "2026-11-21T01:46:27Z"],
        .seconds(60)
      ),
      (["x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795225587000"], .seconds(60)),
    ] as [([String: String], Duration?)])
  func WaitsAreReadInEveryForm(_ fields: [String: String], _ wait: Duration?) {
    let headers = HTTPHeaders(fields.map { HTTPHeaders.Field(name: $0.key, value: Array($0.value.utf8)) })
    #expect(error(429, "", headers).retryAfter == wait)
  }

  @Test func ALongWaitIsAQuotaWithItsReset() {
    let limited = error(429, "", ["retry-after": "3600"])
    #expect(limited.kind == .quota && limited.resetsAt == now.adding(.seconds(3600)) && !limited.isRetryable)
    #expect(error(429, "", ["retry-after": "599"]).kind == .rateLimited)
    #expect(error(429, "", ["retry-after": "999999999"]).retryAfter == .seconds(35 * 86_400))
    // A budget for calls in flight comes back soon: OpenRouter says when.
    #expect(error(402, "{}", ["retry-after": "3"]).kind == .rateLimited)
  }

  @Test func DatesAreCountedFrom1970() {
    #expect(HTTPDate.parse("Sun, 06 Nov 1994 08:49:37 GMT") == WallTime(milliseconds: 784_111_777_000))
    #expect(HTTPDate.parse("Sunday, 06-Nov-94 08:49:37 GMT") == WallTime(milliseconds: 784_111_777_000))
    #expect(HTTPDate.parse("Sun Nov  6 08:49:37 1994") == WallTime(milliseconds: 784_111_777_000))
    #expect(HTTPDate.parseRFC3339("2024-02-29T12:00:00.123+02:00") == WallTime(milliseconds: 1_709_200_800_000))
    for text in ["2024-02-29", "2024-13-01T00:00:00Z", "2024-02-29T12:00:00", "+024-02-29T12:00:00Z"] {
      #expect(HTTPDate.parseRFC3339(text) == nil)
    }
  }

  @Test func MessagesAreShortAndFoundInEveryShape() {
    for body in [
      #"{"error":{"message":"so"}}"#, #"{"error":"so"}"#, #"{"message":"so"}"#, #"{"detail":"so"}"#, "so",
      #"[{"error":{"message":"so"}}]"#, "so\n",
    ] { #expect(error(500, body).message == "so") }
    #expect(error(500, String(repeating: "x", count: 9000)).message.utf8.count <= 2003)
    #expect(error(500, "{\"error\":{\"message\":\"\(String(repeating: "é", count: 9000))\"}}").message.count == 2000)
    #expect(error(404, #"{"detail":[{"loc":["body"]}]}"#).message == #"[{"loc":["body"]}]"#)
  }

  @Test func EveryKindHasWordsOfItsOwn() {
    #expect(Set(ProviderError.Kind.allCases.map(\.words)).count == ProviderError.Kind.allCases.count)
    #expect(error(529).description == "the provider is overloaded (HTTP 529)")
    #expect(error(400, #"{"error":{"message":"no"}}"#).description == "the provider refuses the request (HTTP 400): no")
  }

  @Test func ABrokenConnectionIsToldByWhenItBroke() {
    let lost = HTTPError(.connectionLost, host: "h")
    #expect(ProviderError(transport: lost, answerBegan: false).kind == .unreachable)
    let cut = ProviderError(transport: lost, answerBegan: true, usage: TokenUsage(output: 3), hasVisibleOutput: true)
    #expect(cut.kind == .truncated && cut.isRetryable && cut.usage?.output == 3 && cut.hasVisibleOutput)
    #expect(!ProviderError(transport: HTTPError(.noLibrary), answerBegan: false).isRetryable)
    #expect(ProviderError(transport: HTTPError(.timeout(.idle)), answerBegan: true).kind == .timeout)
  }
}
