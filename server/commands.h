/*
 * What the commands of the command line are; each returns the exit status: 0 fine, 1 failed, 2 wrong usage.
 */
#ifndef SERVER_COMMANDS_H
#define SERVER_COMMANDS_H

#include "server/settings.h"

int command_start(const struct settings *settings);
int command_sql(const struct settings *settings);
int command_config(const struct settings *settings);
int command_check_roles(const struct settings *settings);

#endif
