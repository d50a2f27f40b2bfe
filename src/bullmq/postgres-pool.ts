/** What is asked of a pool of connections, whoever made it. Its search path names the schema of the jobs. */
export interface SqlPool {
  query<Row>(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ readonly rows: Row[]; readonly rowCount?: number | null }>;
}
