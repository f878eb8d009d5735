/** When a credential is renewed, by whom, and what a failure means. */
@NullMarked
package dev.latchkey.server.refresh;

import org.jspecify.annotations.NullMarked;
