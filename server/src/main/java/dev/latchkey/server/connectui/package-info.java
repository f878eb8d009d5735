/** The Connect UI: what an end user sees, in a frame of the product's page or as a page of its own. Begin with {@link dev.latchkey.server.connectui.ConnectPages}. */
@NullMarked
package dev.latchkey.server.connectui;

import org.jspecify.annotations.NullMarked;
