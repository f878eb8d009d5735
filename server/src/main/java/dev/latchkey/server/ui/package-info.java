/** What people see. */
@NullMarked
package dev.latchkey.server.ui;

import org.jspecify.annotations.NullMarked;
