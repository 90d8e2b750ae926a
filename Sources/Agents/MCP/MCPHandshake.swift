internal import Clocks
internal import WireText

/// Finds out which protocol a server speaks, and says the words that it begins with.
enum MCPHandshake {
  /// The versions that a server names, for the end of a sentence.
  static func versions(_ values: [JSONValue]) -> String {
    let words = values.prefix(10).compactMap(\.string).map { MCPText.line($0, 20) }
    return words.isEmpty ? "" : "; it speaks " + words.joined(separator: ", ")
  }

  /// Begins. A server of the newest protocol answers `server/discover`; an older one answers with an error or not at all, and
  /// then the handshake is tried, while a late answer still counts.
  static func begin(_ connection: MCPConnection, isOld: Bool) async throws(MCPError) -> MCPConnection.Era {
    let limits = connection.limits
    if isOld { return try await shakeHands(connection) }
    let discovered = MCPPromise<MCPConnection.Era>()
    let probe = Task { await discover(connection, discovered) }
    defer { probe.cancel() }
    let patience = Task {
      try? await Task.pause(for: limits.probe)
      if !Task.isCancelled { discovered.fulfil(.failure(silence)) }
    }
    defer { patience.cancel() }
    do {
      return try await discovered.value()
    } catch  where error.kind != .cancelled && error.kind != .ended {
      // With silence the question stays open: who starts slowly may answer it yet.
      return try await race(connection, probe)
    }
  }

  static let wrongVersion = -32022
  private static let silence = MCPError(.timedOut, "no answer yet")

  private static func discover(
    _ connection: MCPConnection, _ promise: MCPPromise<MCPConnection.Era>
  ) async -> Result<MCPConnection.Era, MCPError> {
    do throws(MCPError) {
      let result = try await connection.request(
        "server/discover", era: .stateless, timeout: connection.limits.start)
      let supported = (result["supportedVersions"]?.array ?? []).compactMap(\.string)
      guard supported.contains(MCPIdentity.newest) else {
        throw MCPError(.invalid, "the server names no version that we know")
      }
      if result["capabilities"]?["tools"]?["listChanged"]?.bool == true { listen(connection) }
      promise.fulfil(.success(.stateless))
      return .success(.stateless)
    } catch {
      promise.fulfil(.failure(error))
      return .failure(error)
    }
  }

  /// Asks to be told when the list of tools changes. The answer comes when that ends.
  private static func listen(_ connection: MCPConnection) {
    Task {
      _ = try? await connection.request(
        "subscriptions/listen", ["notifications": ["toolsListChanged": true]], era: .stateless,
        timeout: .seconds(1 << 30))
    }
  }

  private static func race(
    _ connection: MCPConnection, _ probe: Task<Result<MCPConnection.Era, MCPError>, Never>
  ) async throws(MCPError) -> MCPConnection.Era {
    let first = MCPPromise<MCPConnection.Era>()
    let hands = Task { () -> MCPError? in
      do throws(MCPError) {
        first.fulfil(.success(try await shakeHands(connection)))
        return nil
      } catch {
        return error
      }
    }
    let late = Task {
      switch await probe.value {
      case .success(let era): first.fulfil(.success(era))
      case .failure(let failure):
        guard let error = await hands.value else { return }
        // Both have failed. Who knows the newer protocol said which versions of it; else the handshake's words are of use.
        first.fulfil(.failure(failure.kind == .refused(code: wrongVersion) ? failure : error))
      }
    }
    defer {
      hands.cancel()
      late.cancel()
    }
    return try await first.value()
  }

  private static func shakeHands(_ connection: MCPConnection) async throws(MCPError) -> MCPConnection.Era {
    let result = try await connection.request(
      "initialize",
      [
        "protocolVersion": .string(MCPIdentity.handshakes[0]), "capabilities": [:],
        "clientInfo": connection.client.info,
      ], era: nil, timeout: connection.limits.start)
    let version = result["protocolVersion"]?.string ?? ""
    guard MCPIdentity.handshakes.contains(version) else {
      let words = MCPText.line(version, 40)
      throw MCPError(
        .start, "the MCP server '\(MCPText.line(connection.name))' speaks the version '\(words)', which is unknown here"
      )
    }
    connection.notify("notifications/initialized")
    return .handshake(version)
  }
}
