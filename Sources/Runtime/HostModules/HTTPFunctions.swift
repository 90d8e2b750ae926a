internal import LuaBindings
internal import Models

/// An answer whose body a script reads piece by piece. It lives on the Lua thread.
final class HTTPStream {
  let exchange: HTTPExchange
  /// A coroutine waits for the next piece.
  var isRead = false

  init(_ exchange: HTTPExchange) { self.exchange = exchange }
}

// What the module http is made of. Its Lua part has checked the arguments.
extension ScriptHost {
  func defineHTTP() throws(LuaError) {
    try define("http_send", in: ScriptHost.moduleName) { host, call throws(HostFailure) in try host.sendHTTP(call) }
    try define("http_read", in: ScriptHost.moduleName) { host, call throws(HostFailure) in try host.readHTTP(call) }
    // A closing variable of a cancelled task may hold it.
    try define("http_close", in: ScriptHost.moduleName, isAlwaysAllowed: true) { host, call throws(HostFailure) in
      if case .httpStream(let stream) = host.objects[call[0]] { stream.exchange.cancel() }
      return .nothing
    }
    try define(type: 9, "http stream")
  }

  /// `http_send(order) -> {status, version, url, headers, body or stream}`, or nil, a sentence and a word.
  private func sendHTTP(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    try call.mustWait()
    guard case .table(let order) = call[0] else { throw .misuse("http: there is no order") }
    let request = ScriptHost.httpRequest(order), isStream = order["stream"].isTruthy
    let transport = transport, gate = gate
    let (number, wait) = expectAnswer()
    let task = Task {
      let arrived: Result<(HTTPExchange, [UInt8]?), HTTPError>
      do throws(HTTPError) {
        let exchange = try await transport.send(request)
        arrived = .success((exchange, isStream ? nil : try await exchange.collect()))
      } catch { arrived = .failure(error) }
      gate.post(.answer(number) { host throws(HostFailure) in host.httpAnswer(arrived) })
    }
    whenUnwanted(number) { task.cancel() }
    return .wait(wait, until: nil)
  }

  private func httpAnswer(_ arrived: Result<(HTTPExchange, [UInt8]?), HTTPError>) -> HostOutcome {
    switch arrived {
    case .failure(let error): return .values(ScriptHost.httpFailure(error))
    case .success((let exchange, let body)):
      let headers = exchange.head.headers.fields.map { field in
        LuaValue.table(LuaTable(array: [.text(field.name), .string(field.value)]))
      }
      return .value(
        .table(
          LuaTable(fields: [
            ("status", .integer(Int64(exchange.head.status))), ("version", .text(exchange.head.version)),
            ("url", .text(exchange.url)), ("headers", .table(LuaTable(array: headers))),
            ("body", body.map { .string($0) } ?? .nil),
            ("stream", body == nil ? objects.push(.httpStream(HTTPStream(exchange))) : .nil),
          ])))
    }
  }

  /// `http_read(stream) -> piece`; nil at the end; nil, a sentence and a word if it broke off.
  private func readHTTP(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    try call.mustWait()
    guard case .httpStream(let stream) = objects[call[0]] else { throw .misuse("http: this is no answer") }
    guard !stream.isRead else { throw .misuse("http: another coroutine is reading this answer already") }
    stream.isRead = true
    let exchange = stream.exchange, gate = gate, value = call[0]
    let (number, wait) = expectAnswer()
    let task = Task {
      let read: Result<[UInt8]?, HTTPError>
      do throws(HTTPError) {
        var reader = exchange.body.makeAsyncIterator()
        read = .success(try await reader.next())
      } catch { read = .failure(error) }
      gate.post(
        .answer(number) { host throws(HostFailure) in
          if case .httpStream(let stream) = host.objects[value] { stream.isRead = false }
          switch read {
          case .success(let piece): return .value(piece.map { .string($0) } ?? .nil)
          case .failure(let error): return .values(ScriptHost.httpFailure(error))
          }
        })
    }
    whenUnwanted(number) { task.cancel() }
    return .wait(wait, until: nil)
  }

  private static func httpFailure(_ error: HTTPError) -> [LuaValue] {
    [.nil, .text(error.description), .text(error.code.word)]
  }

  private static func httpRequest(_ order: LuaTable) -> HTTPRequest {
    var headers = HTTPHeaders()
    if case .table(let list) = order["headers"] {
      for case .table(let header) in list.array {
        guard case .string(let value) = header.array.last else { continue }
        headers.fields.append(HTTPHeaders.Field(name: header.array.first?.text ?? "", value: value))
      }
    }
    func time(_ name: String) -> Duration { .milliseconds(min(order[name].double ?? 0, 1e12)) }
    var request = HTTPRequest(order["method"].text ?? "", order["url"].text ?? "", headers: headers)
    if case .string(let body) = order["body"] { request.body = body }
    request.limits.total = time("timeout")
    request.limits.firstByte = request.limits.total
    request.limits.connect = time("connect_timeout")
    request.limits.idle = time("idle_timeout")
    request.limits.maxBodyBytes = order["max_bytes"].int ?? 0
    request.maxRedirects = order["follow"].int ?? 0
    return request
  }
}
