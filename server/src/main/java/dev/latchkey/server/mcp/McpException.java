package dev.latchkey.server.mcp;

/** An MCP server's authorization cannot be used. The message is for people and holds no secret. */
public final class McpException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final boolean passing;

    McpException(String message, boolean passing) {
        super(message, null, false, false);
        this.passing = passing;
    }

    static McpException wrong(String message) {
        return new McpException(message, false);
    }

    /** A retry may succeed. */
    public boolean isPassing() {
        return passing;
    }
}
