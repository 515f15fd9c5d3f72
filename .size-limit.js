/** What importing core costs, and the whole of it with what a worker loads when it starts. */
const gzip = { gzip: true, brotli: false }
const later = ['./operation-*', './lease-thread-*']

export default [
  {
    name: 'import @bananasjs/core',
    path: 'packages/core/dist/index.js',
    limit: '15 kB',
    ...gzip,
    modifyEsbuildConfig: (config) => ({
      ...config,
      platform: 'node',
      format: 'esm',
      external: [...(config.external ?? []), ...later],
    }),
  },
  {
    name: 'with a worker',
    path: 'packages/core/dist/index.js',
    limit: '26.5 kB',
    ...gzip,
    modifyEsbuildConfig: (config) => ({ ...config, platform: 'node', format: 'esm' }),
  },
]
