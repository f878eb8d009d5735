/** When a credential is refreshed, by which node, and what a failure means. */
@NullMarked
package dev.latchkey.server.refresh;

import org.jspecify.annotations.NullMarked;
