import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The home that a token was first used by: no other may use it. */
@Entity('edge_token', { withoutRowid: true })
export class EdgeToken {
  /** Of the token, in hexadecimal. */
  @PrimaryColumn({ type: 'text' })
  sha256!: string;

  @Column({ type: 'text' })
  home!: string;
}
