// npm would install the root alone, link no package, and exit 0. Say so instead.
if (!(process.env.npm_config_user_agent ?? '').startsWith('pnpm/')) {
  console.error('This workspace is installed by pnpm: npx --yes pnpm@12.21.0 install');
  process.exit(1);
}
