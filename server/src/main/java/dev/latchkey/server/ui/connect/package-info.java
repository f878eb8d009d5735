/** The Connect UI: what an end user sees, framed by a product's page or as a page of its own. Begin with {@link dev.latchkey.server.ui.connect.ConnectPages}. */
@org.jspecify.annotations.NullMarked
package dev.latchkey.server.ui.connect;
