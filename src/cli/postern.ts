import { version } from '../compose/version.ts';

// Scripts and images ask for the version to see that the program starts: that needs none of the commands.
if (process.argv.slice(2).join(' ') === '--version') process.stdout.write(`${version}\n`);
else void import('./command.ts');
