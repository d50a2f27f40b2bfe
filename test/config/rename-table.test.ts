import { expect } from 'chai';
import { renameTable } from '../../src/config/rename-table.js';
import { TomlEditError } from '../../src/config/toml-edit.js';

const renamed = (text: string) => renameTable(text, ['redrain', 'targets', 'a'], 'b.c');

describe('renaming a table of a TOML file', () => {
  it('changes headers alone, and keeps comments, order and everything else', () => {
    expect(
      renamed(`# all of it
[redrain] # ours
mode = "EXTERNAL_RECEIVER"
[redrain.targets.a]   # the first
url = "https://a.example" # do not touch
# before the headers
[redrain.targets.a.headers]
X-Key = "KEY"
[redrain.targets.aa]
url = "https://aa.example"
`),
    ).to.equal(`# all of it
[redrain] # ours
mode = "EXTERNAL_RECEIVER"
[redrain.targets."b.c"]   # the first
url = "https://a.example" # do not touch
# before the headers
[redrain.targets."b.c".headers]
X-Key = "KEY"
[redrain.targets.aa]
url = "https://aa.example"
`);
  });

  it('changes dotted keys and tables in one line', () => {
    expect(renamed('[redrain.targets]\na.url = "x"\na . "ack"="auto" # c\n')).to.equal(
      '[redrain.targets]\n"b.c".url = "x"\n"b.c".ack ="auto" # c\n',
    );
    expect(renamed('redrain = { targets = { a = { url = "=" }, z = {} } }\n')).to.equal(
      'redrain = { targets = { "b.c" = { url = "=" }, z = {} } }\n',
    );
    expect(renamed('[redrain]\ntargets.a = { url = "x", headers = { a = "b" } }\n')).to.equal(
      '[redrain]\ntargets."b.c" = { url = "x", headers = { a = "b" } }\n',
    );
  });

  it('refuses a name that is taken, and damages nothing', () => {
    expect(() =>
      renamed('[redrain.targets.a]\nurl = "x"\n[redrain.targets."b.c"]\nurl = "y"\n'),
    ).to.throw(TomlEditError);
  });
});
