"""A server of tools on the official SDK, of version 1 or 2."""
import anyio

try:
    from mcp.server.mcpserver import MCPServer as Server, Context, Image
except ImportError:
    from mcp.server.fastmcp import FastMCP as Server, Context, Image

server = Server("demo")


@server.tool()
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@server.tool()
def boom() -> str:
    """Always fails."""
    raise ValueError("no luck")


@server.tool()
async def slow(steps: int, pause: int, ctx: Context) -> str:
    """Tells how far it is."""
    for step in range(steps):
        await ctx.report_progress(step + 1, steps, "step %d" % (step + 1))
        await anyio.sleep(pause / 1000)
    return "done"


@server.tool()
def dot() -> Image:
    """A picture."""
    return Image(data=b"\x89PNG\r\n\x1a\n", format="png")


server.run("stdio")
