describe("agentscript under busted", function()
  it("runs commands", function()
    local result = task { command = "echo hello; exit 3" }
    assert.is_false(result.success)
    assert.are.equal(3, result.exit_code)
    assert.are.equal("hello\n", result.output)
  end)

  it("waits inside a test's coroutines", function()
    local values = parallel { function() sleep(10) return 1 end, function() return 2 end }
    assert.are.same({ 1, 2, n = 2 }, values)
  end)
end)
