/** MCP servers: whose authorization server is found by discovery, and where we register ourselves as a client. */
@NullMarked
package dev.latchkey.server.mcp;

import org.jspecify.annotations.NullMarked;
